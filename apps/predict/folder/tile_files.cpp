#include "apps/predict/folder/tile_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/common/log.h"
#include "io/image/formats.h"
#include "io/image/scene.h"

namespace ppl::apps {

LoadedTile read_tile(const std::string& path, const InputSpec& input) {
  LoadedTile loaded;
  loaded.image = read_input(path, input, int64_t{1} << 28, &loaded.valid);
  loaded.tile = {0, 0, loaded.image.height, loaded.image.width};
  if (!is_tiff(path)) return loaded;
  loaded.place = read_georeference(path);
  if (const std::string lost = loaded.place ? "" : lost_placement(path); !lost.empty())
    log_line(fmt::format("predict: {}: {} place it, which results do not keep; gdalwarp makes a placed image of it",
                         path, lost));
  return loaded;
}

namespace {

template <class T>
void cut(std::vector<T>& values, int64_t width, const TilePart& part, int64_t channels) {
  std::vector<T> out;
  for (int64_t y = 0; y < part.height; ++y) {
    const auto begin = values.begin() + ((part.row + y) * width + part.column) * channels;
    out.insert(out.end(), begin, begin + part.width * channels);
  }
  values = std::move(out);
}

}  // namespace

void cut_margin(LoadedTile& loaded, std::vector<float>& probability, int classes) {
  const TilePart part = loaded.tile;
  if (part.height == loaded.image.height && part.width == loaded.image.width) return;
  cut(probability, loaded.image.width, part, classes);
  if (!loaded.valid.empty()) cut(loaded.valid, loaded.image.width, part, 1);
  loaded.image = {};
  loaded.tile = {0, 0, part.height, part.width};
}

TilePaths::TilePaths(const PredictOptions& o, int classes)
    : out_(o.out), suffix_(o.suffix), extension_(word_of(kMaskFormats, o.format)), classes_(classes) {
  if (o.probabilities != ProbabilityFormat::none)
    probability_extension_ = o.probabilities == ProbabilityFormat::png ? ".png" : ".tif";
}

std::vector<std::string> TilePaths::probabilities(const std::string& id) const {
  std::vector<std::string> files;
  for (int c = 1; !probability_extension_.empty() && c <= classes_; ++c)
    files.push_back(cat(id, "_prob", classes_ > 1 ? std::to_string(c) : "", probability_extension_));
  return files;
}

std::vector<std::string> TilePaths::all(const std::string& id) const {
  std::vector<std::string> files = probabilities(id);
  files.push_back(mask(id));
  return files;
}

}  // namespace ppl::apps
