#include "apps/train/data.h"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <sstream>

#include "apps/common/log.h"
#include "io/tiles/combined_tiles.h"
#include "io/tiles/packed.h"

namespace ppl::apps {
namespace {

using Tiles = std::shared_ptr<const TileSource>;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

Tiles open_source(const SourceConfig& source, const TrainConfig& c, const StageConfig& s, bool weights) {
  FolderOptions options;
  options.input = input_spec_from_json(c.input.dump(), "configuration: input");
  options.classes = classes_of(c, s);
  options.on_problem = s.bad_tiles == "skip" ? OnProblem::skip : OnProblem::stop;
  options.threads = c.workers;
  options.masks = source.masks;
  options.weights = weights;
  options.foreground = parse_foreground(words_of(source.foreground), source.path + ": \"foreground\" of the source");
  Tiles tiles = open_tiles(source.path, options);
  PPL_CHECK(tiles->input().band_count() == c.network.bands, source.path, ": tiles of ", tiles->input().band_count(),
            " bands for a network of ", c.network.bands);
  const auto* folder = dynamic_cast<const FolderTiles*>(tiles.get());
  for (const std::string& note : folder ? folder->notes() : std::vector<std::string>{}) log_line(note);
  if (folder && !folder->problems().empty()) {
    log_line(fmt::format("{}: {} tiles skipped", source.path, folder->problems().size()));
    for (const TileProblem& p : folder->problems()) log_line("  " + p.what);
  }
  if (const auto& masks = tiles->census()) {
    log_line(source.path + ": " + describe(*masks));
    PPL_CHECK(source.allow_empty || masks->holding[0] > 0, source.path, ": ", describe(*masks),
              "; \"allow_empty\": true in the source trains on them nevertheless");
  }
  return tiles;
}

Tiles combined(std::vector<Tiles> sources) {
  return sources.size() == 1 ? sources[0] : std::make_shared<CombinedTiles>(std::move(sources));
}

StageTiles open_stage(const TrainConfig& c, const StageConfig& s, int ranks) {
  StageTiles stage;
  std::vector<Tiles> train, validation;
  for (const SourceConfig& source : s.train) {
    train.push_back(open_source(source, c, s, s.pixel_weights.map != 0));
    stage.shares.push_back({train.back()->size(), source.weight});
  }
  for (const SourceConfig& source : s.validation) validation.push_back(open_source(source, c, s, false));
  stage.train = combined(std::move(train));
  if (!validation.empty()) stage.validation = combined(std::move(validation));
  const int64_t tiles = s.tiles_per_epoch > 0 ? s.tiles_per_epoch : stage.train->size();
  PPL_CHECK(!s.drop_last || tiles >= int64_t{s.batch} * ranks, s.train[0].path, ": ", tiles,
            " tiles do not fill one batch of ", s.batch, ranks > 1 ? cat(" on each of ", ranks, " ranks") : "",
            "; take a smaller batch or drop_last false");
  return stage;
}

}  // namespace

std::vector<StageTiles> open_stages(const TrainConfig& c, int ranks) {
  std::vector<StageTiles> all;
  std::set<std::string> names;
  for (const StageConfig& s : c.stages) {
    PPL_CHECK(names.insert(s.name).second && !s.name.empty() && s.name.find('/') == std::string::npos,
              "configuration: stage name '", s.name, "' must be unique and fit for a folder");
    all.push_back(open_stage(c, s, ranks));
  }
  return all;
}

}  // namespace ppl::apps
