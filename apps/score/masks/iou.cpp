#include "apps/score/masks/iou.h"

#include <algorithm>

#include "apps/common/log.h"
#include "io/image/image.h"
#include "io/threads.h"
#include "kernels/ignored.h"

namespace ppl::score {
namespace {

Image read_probability(const std::string& path, double threshold) {
  Image image = read_image(path);
  PPL_CHECK(image.bands == 1 && image.depth == 8, path, ": expected probabilities as 8-bit grey, got ", image.bands,
            " bands of ", image.depth, " bits");
  for (uint8_t& value : image.bytes) value = value / 255.0 > threshold;
  return image;
}

// The mask of one class: 1, 0, and 255 where the truth is left out.
std::vector<uint8_t> one_class(const Image& mask, int label) {
  std::vector<uint8_t> result(mask.bytes.size());
  std::transform(mask.bytes.begin(), mask.bytes.end(), result.begin(),
                 [&](uint8_t value) -> uint8_t { return value == kIgnored ? kIgnored : value == label; });
  return result;
}

BitImage where_equal(const Image& mask, int value) {
  std::vector<uint8_t> bytes(mask.bytes.size());
  std::transform(mask.bytes.begin(), mask.bytes.end(), bytes.begin(),
                 [&](uint8_t pixel) -> uint8_t { return pixel == value; });
  return BitImage::from_bytes(bytes.data(), mask.height, mask.width);
}

void add_edges(MaskCounts& counts, const Image& prediction, const Image& truth, int label, const IouOptions& options) {
  const BitImage p = where_equal(prediction, label), t = where_equal(truth, label);
  const BitImage ignored = where_equal(truth, kIgnored);
  if (options.buffer) counts.relaxed = relaxed_counts(p, t, ignored, *options.buffer);
  if (!options.boundary) return;
  const int distance = *options.boundary > 0 ? *options.boundary : boundary_distance(truth.height, truth.width);
  counts.boundary = boundary_counts(p, t, ignored, distance);
}

TileIou score_tile(const MaskPair& pair, const IouOptions& options) {
  const Image truth = read_mask(pair.truth, options.classes);
  const Image prediction = options.threshold ? read_probability(pair.prediction, *options.threshold)
                                             : read_mask(pair.prediction, options.classes);
  PPL_CHECK(truth.height == prediction.height && truth.width == prediction.width, pair.prediction, ": expected ",
            truth.width, " x ", truth.height, " pixels as ", pair.truth, ", got ", prediction.width, " x ",
            prediction.height);
  PPL_CHECK(std::find(prediction.bytes.begin(), prediction.bytes.end(), kIgnored) == prediction.bytes.end(),
            pair.prediction, ": 255 (ignored) has no meaning in a prediction");
  TileIou tile{pair.id, std::vector<MaskCounts>(static_cast<size_t>(options.classes))};
  for (int label = 1; label <= options.classes; ++label) {
    MaskCounts& counts = tile.counts[static_cast<size_t>(label - 1)];
    counts.pixels.add(one_class(prediction, label), one_class(truth, label));
    if (options.buffer || options.boundary) add_edges(counts, prediction, truth, label, options);
  }
  return tile;
}

}  // namespace

IouReport score_iou(const IouOptions& options) {
  PPL_CHECK(options.classes >= 1 && options.classes <= 254, "expected 1 to 254 classes, got ", options.classes);
  PPL_CHECK(!options.threshold || options.classes == 1, "a threshold is for one class, got ", options.classes);
  MaskPairs matched = match_masks(options.truth, options.truth_suffix, options.prediction, options.prediction_suffix);
  IouReport report{
      std::vector<TileIou>(matched.pairs.size()), std::move(matched.only_truth), std::move(matched.only_prediction),
      list_figures(options.buffer ? &*options.buffer : nullptr, options.boundary ? &*options.boundary : nullptr)};
  apps::Progress progress("score: tiles", static_cast<int64_t>(matched.pairs.size()));
  const int threads = hardware_threads();
  for_each_index(static_cast<int64_t>(matched.pairs.size()), threads, [&](int64_t i) {
    report.tiles[static_cast<size_t>(i)] = score_tile(matched.pairs[static_cast<size_t>(i)], options);
    progress.advance();
  });
  return report;
}

std::vector<Figure> figures(const IouReport& report, size_t class_index) {
  std::vector<const MaskCounts*> tiles;
  for (const TileIou& tile : report.tiles) tiles.push_back(&tile.counts[class_index]);
  return figures_of(report.list, tiles);
}

std::vector<Figure> averages(const IouReport& report) {
  const size_t classes = report.tiles.front().counts.size();
  std::vector<Figure> mean = figures(report, 0);
  for (Figure& f : mean) f.value /= static_cast<double>(classes);
  for (size_t k = 1; k < classes; ++k) {
    const std::vector<Figure> more = figures(report, k);
    for (size_t i = 0; i < mean.size(); ++i) mean[i].value += more[i].value / static_cast<double>(classes);
  }
  return mean;
}

double figure(const std::vector<Figure>& figures, const std::string& key) {
  for (const Figure& f : figures) {
    if (f.group == 0 && f.key == key) return f.value;
  }
  throw Error("no figure of masks is called " + key);
}

}  // namespace ppl::score
