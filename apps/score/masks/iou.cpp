#include "apps/score/masks/iou.h"

#include <algorithm>
#include <atomic>

#include "apps/common/log.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "io/threads.h"
#include "io/vectorize/raster.h"
#include "kernels/ignored.h"

namespace ppl::score {
namespace {

// 1 above the threshold, 255 where there is no data.
Image read_probability(const std::string& path, double threshold) {
  const ProbabilityRaster p = read_probabilities(path);
  Image image = read_validity(path);
  PPL_CHECK(image.height == p.height && image.width == p.width, path, ": changed while it was read");
  const auto limit = static_cast<float>(threshold);
  for (size_t i = 0; i < p.values.size(); ++i)
    image.bytes[i] = image.bytes[i] ? static_cast<uint8_t>(p.values[i] > limit) : kIgnored;
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

std::vector<MetricCounts> count_metrics(const Image& prediction, const Image& truth, int label,
                                        const std::vector<ChosenMetric>& metrics) {
  std::vector<MetricCounts> counts;
  if (metrics.empty()) return counts;
  const BitImage p = where_equal(prediction, label), t = where_equal(truth, label);
  const BitImage ignored = where_equal(truth, kIgnored);
  counts.reserve(metrics.size());
  for (const ChosenMetric& m : metrics) counts.push_back(m.metric->count({p, t, ignored}, m.value));
  return counts;
}

// What all tiles together need to know.
struct Seen {
  MaskCensus truths, predictions;
  std::atomic<int64_t> without_prediction{0};
};

Image read_prediction(const MaskPair& pair, const IouOptions& options, MaskCensus& census) {
  if (options.threshold) return read_probability(pair.prediction, *options.threshold);
  MaskSummary summary;
  Image mask = read_mask(pair.prediction, {options.classes, options.prediction_foreground}, &summary);
  census.add(pair.prediction, summary);
  return mask;
}

TileIou score_tile(const MaskPair& pair, const IouOptions& options, Seen& seen) {
  MaskSummary summary;
  Image truth = read_mask(pair.truth, {options.classes, options.foreground}, &summary);
  seen.truths.add(pair.truth, summary);
  const Image prediction = read_prediction(pair, options, seen.predictions);
  PPL_CHECK(truth.height == prediction.height && truth.width == prediction.width, pair.prediction, ": expected ",
            truth.width, " x ", truth.height, " pixels as ", pair.truth, ", got ", prediction.width, " x ",
            prediction.height);
  int64_t left_out = 0;
  for (size_t i = 0; i < truth.bytes.size(); ++i) {
    if (prediction.bytes[i] != kIgnored || truth.bytes[i] == kIgnored) continue;
    truth.bytes[i] = kIgnored;
    ++left_out;
  }
  seen.without_prediction += left_out;
  TileIou tile{pair.id, std::vector<MaskCounts>(static_cast<size_t>(options.classes))};
  for (int label = 1; label <= options.classes; ++label) {
    MaskCounts& counts = tile.counts[static_cast<size_t>(label - 1)];
    counts.pixels.add(one_class(prediction, label), one_class(truth, label));
    counts.chosen = count_metrics(prediction, truth, label, options.metrics);
  }
  return tile;
}

}  // namespace

IouReport score_iou(const IouOptions& options) {
  PPL_CHECK(options.classes >= 1 && options.classes <= 254, "expected 1 to 254 classes, got ", options.classes);
  PPL_CHECK(!options.threshold || options.classes == 1, "a threshold is for one class, got ", options.classes);
  MaskPairs matched = match_masks(options.truth, options.truth_suffix, options.prediction, options.prediction_suffix);
  IouReport report{std::vector<TileIou>(matched.pairs.size()),
                   std::move(matched.only_truth),
                   std::move(matched.only_prediction),
                   list_figures(options.metrics),
                   {},
                   {},
                   0};
  Seen seen;
  apps::Progress progress("score: tiles", static_cast<int64_t>(matched.pairs.size()));
  const int threads = available_threads();
  for_each_index(static_cast<int64_t>(matched.pairs.size()), threads, [&](int64_t i) {
    report.tiles[static_cast<size_t>(i)] = score_tile(matched.pairs[static_cast<size_t>(i)], options, seen);
    progress.advance();
  });
  seen.truths.check(options.truth);
  seen.predictions.check(options.prediction);
  report.truths = seen.truths.totals();
  report.predictions = seen.predictions.totals();
  report.without_prediction = seen.without_prediction;
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
