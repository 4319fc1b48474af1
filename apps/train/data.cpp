#include "apps/train/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <sstream>

#include "apps/common/log.h"
#include "io/tiles/combined_tiles.h"
#include "io/tiles/packed.h"
#include "models/networks.h"

namespace ppl::apps {
namespace {

using Tiles = std::shared_ptr<const TileSource>;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

// From the source's metres a pixel to those of the input.
double zoom_of(const SourceConfig& source, const InputSpec& input) {
  if (source.ground_sample_distance == 0) return 1;
  PPL_CHECK(input.ground_sample_distance > 0, source.path,
            ": \"ground_sample_distance\" of a source wants that of the network too: \"ground_sample_distance\" of "
            "\"input\"");
  const double zoom = source.ground_sample_distance / input.ground_sample_distance;
  PPL_CHECK(zoom > 1.0 / 32 && zoom < 32, source.path, ": ", source.ground_sample_distance,
            " m a pixel, more than 32 times off the input's ", input.ground_sample_distance);
  return zoom;
}

Tiles open_source(const SourceConfig& source, const TrainConfig& c, const StageConfig& s, bool weights) {
  FolderOptions options;
  options.input = input_spec_from_json(c.input.dump(), "configuration: input");
  options.classes = classes_of(c, s);
  options.on_problem = s.bad_tiles == "skip" ? OnProblem::skip : OnProblem::stop;
  options.threads = c.workers;
  options.masks = source.masks;
  options.weights = weights;
  options.cache_bytes = static_cast<uint64_t>(c.cache_mib) << 20;
  options.foreground = parse_foreground(words_of(source.foreground), source.path + ": \"foreground\" of the source");
  options.zoom = zoom_of(source, options.input);
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

// Bands, stretch, mean and deviation of all sources are those of the run's first one: the network sees all of them, and
// its weights name one normalisation.
class SameInput {
 public:
  void check(const Tiles& tiles, const std::string& path) {
    InputSpec input = tiles->input();
    input.ground_sample_distance = 0;
    if (first_path_.empty()) {
      first_path_ = path;
      first_ = input;
    }
    PPL_CHECK(input == first_, path, ": images are normalised by ", to_json(input), ", those of ", first_path_, " by ",
              to_json(first_),
              "; packed files bring their own numbers: give these as \"input\" of the configuration, or "
              "pack anew with the same");
  }

 private:
  std::string first_path_;
  InputSpec first_;
};

// The crop, at most what the largest tile has room for: what sticks out of a tile is black and teaches nothing.
int crop_for(const StageConfig& s, const TileSource& tiles) {
  int64_t room = 0, smaller = 0;
  for (int64_t i = 0; i < tiles.size(); ++i)
    room = std::max(room, std::min(tiles.entry(i).height, tiles.entry(i).width));
  const int crop = std::min(s.crop, static_cast<int>(std::max<int64_t>(32, room / 32 * 32)));
  if (crop < s.crop)
    log_line(fmt::format("{}: no tile has room for a crop of {}: it is {} instead", s.name, s.crop, crop));
  for (int64_t i = 0; i < tiles.size(); ++i) smaller += std::min(tiles.entry(i).height, tiles.entry(i).width) < crop;
  if (smaller > 0)
    log_line(fmt::format("{}: {} of {} tiles are smaller than the crop of {}: the rest of it is black and ignored",
                         s.name, smaller, tiles.size(), crop));
  return crop;
}

// Batch norm over one value makes it 0, whatever it is.
void check_norm(const TrainConfig& c, const StageConfig& s, const StageTiles& stage, int ranks) {
  const NetworkSpec spec = network_spec(c.network.name);
  const int64_t side = stage.crop / (8 * spec.stride3 * spec.stride4);  // of the deepest map
  const int64_t together = c.ranks.norm == "sync" ? ranks : 1, tiles = stage.train->size();
  const int64_t epoch = s.tiles_per_epoch > 0 ? s.tiles_per_epoch : tiles, last = epoch % (int64_t{s.batch} * ranks);
  int64_t smallest = s.batch * together;
  if (!s.drop_last && last > 0) smallest = std::min(smallest, std::max<int64_t>(1, last * together / ranks));
  PPL_CHECK(
      smallest * side * side > 1, "stage ", s.name, ": a batch of one tile with a crop of ", stage.crop,
      " leaves one value a channel in the deepest map, and batch norm makes it 0; take a larger crop or more tiles "
      "a batch",
      s.drop_last ? "" : ", or drop_last");
}

// Within 1 and 99 %: a rarer class would be learnt from few pixels that are all far off.
std::vector<double> counted_prior(const std::vector<Tiles>& sources, size_t classes) {
  std::vector<double> pixels(classes + 1);
  for (const Tiles& tiles : sources) {
    const auto& census = tiles->census();
    if (!census) return {};
    for (size_t k = 0; k < std::min(pixels.size(), census->pixels.size()); ++k)
      pixels[k] += static_cast<double>(census->pixels[k]);
  }
  const double all = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  std::vector<double> prior;
  for (size_t k = 1; k < pixels.size(); ++k) prior.push_back(std::clamp(all > 0 ? pixels[k] / all : 0, 0.01, 0.99));
  return prior;
}

StageTiles open_stage(const TrainConfig& c, const StageConfig& s, int ranks, SameInput& same) {
  StageTiles stage;
  std::vector<Tiles> train, validation;
  for (const SourceConfig& source : s.train) {
    train.push_back(open_source(source, c, s, s.pixel_weights.map != 0));
    same.check(train.back(), source.path);
    stage.shares.push_back({train.back()->size(), source.weight});
  }
  for (const SourceConfig& source : s.validation) {
    validation.push_back(open_source(source, c, s, false));
    same.check(validation.back(), source.path);
  }
  stage.prior = counted_prior(train, static_cast<size_t>(classes_of(c, s)));
  stage.train = combined(std::move(train));
  stage.crop = crop_for(s, *stage.train);
  check_norm(c, s, stage, ranks);
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
  SameInput same;
  for (const StageConfig& s : c.stages) {
    PPL_CHECK(names.insert(s.name).second && !s.name.empty() && s.name.find('/') == std::string::npos,
              "configuration: stage name '", s.name, "' must be unique and fit for a folder");
    all.push_back(open_stage(c, s, ranks, same));
  }
  return all;
}

}  // namespace ppl::apps
