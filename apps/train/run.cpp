#include "apps/train/run.h"

#include <fmt/format.h>
#include <omp.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "apps/common/log.h"
#include "apps/common/weights.h"
#include "apps/train/stage.h"
#include "io/file.h"
#include "io/packed.h"
#include "models/networks.h"

namespace ppl::apps {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const TileSource> open_source(const std::string& path, const TrainConfig& c, const StageConfig& s, const InputSpec& input) {
  FolderOptions options;
  options.input = input;
  options.classes = c.network.classes;
  options.on_problem = s.bad_tiles == "skip" ? OnProblem::skip : OnProblem::stop;
  options.threads = c.workers;
  std::shared_ptr<const TileSource> tiles = open_tiles(path, options);
  PPL_CHECK(tiles->input().band_count() == c.network.bands, path, ": tiles of ", tiles->input().band_count(), " bands for a network of ", c.network.bands);
  if (const auto* folder = dynamic_cast<const FolderTiles*>(tiles.get()); folder && !folder->problems().empty()) {
    log_line(fmt::format("{}: {} tiles skipped", path, folder->problems().size()));
    for (const TileProblem& p : folder->problems()) log_line("  " + p.what);
  }
  return tiles;
}

std::vector<StageTiles> open_stages(const TrainConfig& c, const InputSpec& input) {
  std::vector<StageTiles> all;
  std::set<std::string> names;
  for (const StageConfig& s : c.stages) {
    PPL_CHECK(names.insert(s.name).second && !s.name.empty() && s.name.find('/') == std::string::npos, "configuration: stage name '", s.name,
              "' must be unique and fit for a folder");
    StageTiles tiles{open_source(s.train, c, s, input), nullptr};
    PPL_CHECK(!s.drop_last || tiles.train->size() >= s.batch, s.train, ": ", tiles.train->size(), " tiles do not fill one batch of ",
              s.batch, "; take a smaller batch or drop_last false");
    if (!s.validation.empty()) tiles.validation = open_source(s.validation, c, s, input);
    all.push_back(tiles);
  }
  return all;
}

std::unique_ptr<LinkNet> starting_network(const TrainConfig& c) {
  auto network = make_network(c.network.name, c.network.bands, c.network.classes);
  Random random(c.seed, 0x1417);  // a stream of its own beside those of the data
  network->initialize(random);
  if (!c.encoder_weights.empty()) load_encoder(*network, c.encoder_weights);
  if (!c.initial_weights.empty()) load_into(*network, c.initial_weights);
  return network;
}

}  // namespace

void run_training(const TrainConfig& c) {
  if (c.threads > 0) omp_set_num_threads(c.threads);
  const InputSpec input = input_spec_from_json(c.input.dump(), "configuration: input");
  const std::vector<StageTiles> tiles = open_stages(c, input);
  const auto network = starting_network(c);

  fs::create_directories(c.run);
  write_file(c.run + "/config.json", to_json(c).dump(2) + "\n");
  EpochLog log(c.run + "/log.jsonl");
  for (size_t i = 0; i < c.stages.size(); ++i) {
    if (i > 0) load_into(*network, stage_folder(c, i - 1) + "/best.safetensors");
    run_stage(c, i, tiles[i], *network, log);
  }
}

}  // namespace ppl::apps
