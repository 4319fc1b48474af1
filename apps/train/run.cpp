#include "apps/train/run.h"

#include <fmt/format.h>
#include <omp.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/common/weights.h"
#include "apps/train/stage.h"
#include "io/file.h"
#include "io/packed.h"
#include "models/networks.h"

namespace ppl::apps {
namespace {

namespace fs = std::filesystem;

std::string log_path(const TrainConfig& c) { return c.run + "/log.jsonl"; }
std::string config_path(const TrainConfig& c) { return c.run + "/config.json"; }
std::string checkpoint_folder(const TrainConfig& c) { return c.run + "/checkpoints"; }

std::shared_ptr<const TileSource> open_source(const std::string& path, const TrainConfig& c, const StageConfig& s,
                                              const InputSpec& input) {
  FolderOptions options;
  options.input = input;
  options.classes = c.network.classes;
  options.on_problem = s.bad_tiles == "skip" ? OnProblem::skip : OnProblem::stop;
  options.threads = c.workers;
  std::shared_ptr<const TileSource> tiles = open_tiles(path, options);
  PPL_CHECK(tiles->input().band_count() == c.network.bands, path, ": tiles of ", tiles->input().band_count(),
            " bands for a network of ", c.network.bands);
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
    PPL_CHECK(names.insert(s.name).second && !s.name.empty() && s.name.find('/') == std::string::npos,
              "configuration: stage name '", s.name, "' must be unique and fit for a folder");
    StageTiles tiles{open_source(s.train, c, s, input), nullptr};
    PPL_CHECK(!s.drop_last || tiles.train->size() >= s.batch, s.train, ": ", tiles.train->size(),
              " tiles do not fill one batch of ", s.batch, "; take a smaller batch or drop_last false");
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

void refuse_earlier_run(const TrainConfig& c) {
  PPL_CHECK(!fs::exists(log_path(c)), c.run,
            ": holds an earlier run; name another folder (run), go on with --resume, or give --overwrite");
}

// What an earlier run left would pass for this one's until its first epoch ends.
void clear_folder(const TrainConfig& c) {
  for (size_t i = 0; i < c.stages.size(); ++i) {
    for (const char* name : {"/best.safetensors", "/last.safetensors"})
      fs::remove(stage_folder(c, static_cast<int64_t>(i)) + name);
  }
  fs::remove_all(checkpoint_folder(c));
  fs::remove(log_path(c));
  fs::create_directories(c.run);
}

// Temporary files of a process that was killed while it wrote.
void remove_leftovers(const TrainConfig& c) {
  std::vector<std::string> folders{checkpoint_folder(c)};
  for (size_t i = 0; i < c.stages.size(); ++i) folders.push_back(stage_folder(c, static_cast<int64_t>(i)));
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (name.find(".safetensors.") != std::string::npos && name.ends_with(".tmp")) fs::remove(entry.path());
    }
  }
}

void run_from(const TrainConfig& c, Device device, Checkpoint at) {
  if (c.threads > 0) omp_set_num_threads(c.threads);
  const InputSpec input = input_spec_from_json(c.input.dump(), "configuration: input");
  const std::vector<StageTiles> tiles = open_stages(c, input);
  const auto network = starting_network(c);
  network->to(device);

  if (at.state.metadata.empty()) clear_folder(c);
  remove_leftovers(c);
  write_file(config_path(c), to_json(c).dump(2) + "\n");
  RunFiles files{EpochLog(log_path(c), at.position.log_bytes), Checkpoints(checkpoint_folder(c), c.checkpoint.keep)};
  watch_signals();
  while (at.position.stage < static_cast<int64_t>(c.stages.size())) {
    const int64_t stage = at.position.stage;
    if (at.state.arrays.empty()) {
      if (stage > 0) load_into(*network, stage_folder(c, stage - 1) + "/best.safetensors");
      files.checkpoints.save(at);
    }
    run_stage(c, at, tiles[static_cast<size_t>(stage)], *network, files);
    at = {};
    at.position.stage = stage + 1;
    at.position.log_bytes = files.log.bytes();
  }
  files.checkpoints.save(at);
}

}  // namespace

void run_training(const TrainConfig& c, Device device, bool overwrite) {
  if (!overwrite) refuse_earlier_run(c);
  run_from(c, device, {});
}

void resume_training(const TrainConfig& c, Device device) {
  const std::optional<Checkpoint> at = Checkpoints(checkpoint_folder(c), c.checkpoint.keep).newest();
  if (!at) return run_training(c, device, true);
  const Position& p = at->position;
  if (p.stage >= static_cast<int64_t>(c.stages.size())) return log_line(c.run + ": is finished");
  log_line(fmt::format("{}: goes on at stage {}, epoch {}, step {}", c.run, c.stages[static_cast<size_t>(p.stage)].name,
                       p.epoch + 1, p.batch + 1));
  run_from(c, device, *at);
}

}  // namespace ppl::apps
