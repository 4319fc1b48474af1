#include "apps/score/masks/iou.h"

#include <algorithm>
#include <atomic>

#include "apps/common/log.h"
#include "apps/score/masks/pair_reader.h"
#include "io/image/image.h"
#include "io/threads.h"
#include "kernels/ignored.h"

namespace ppl::score {
namespace {

// The mask of one class: 1, 0, and 255 where the truth is left out.
std::vector<uint8_t> one_class(const Image& mask, int label) {
  std::vector<uint8_t> result(mask.bytes.size());
  std::transform(mask.bytes.begin(), mask.bytes.end(), result.begin(),
                 [&](uint8_t value) -> uint8_t { return value == kIgnored ? kIgnored : value == label; });
  return result;
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

TileIou score_tile(const MaskPair& pair, const IouOptions& options, const PairReader& reader, Seen& seen) {
  Image truth = reader.truth(pair, seen.truths);
  const Image prediction = reader.prediction(pair, seen.predictions);
  check_alike(pair, {0, 0, truth.height, truth.width}, {0, 0, prediction.height, prediction.width});
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
  const PairReader reader(options, {options.classes, options.foreground},
                          {options.classes, options.prediction_foreground}, options.threshold);
  const MaskPairs& matched = reader.matched();
  IouReport report;
  report.tiles.resize(matched.pairs.size());
  report.only_truth = matched.only_truth;
  report.only_prediction = matched.only_prediction;
  report.uncovered = matched.uncovered;
  report.off_grid = matched.off_grid;
  report.list = list_figures(options.metrics);
  Seen seen;
  reader.tell_of_scene(seen.truths, seen.predictions);
  apps::Progress progress("score: tiles", static_cast<int64_t>(matched.pairs.size()));
  const int threads = available_threads();
  for_each_index(static_cast<int64_t>(matched.pairs.size()), threads, [&](int64_t i) {
    report.tiles[static_cast<size_t>(i)] = score_tile(matched.pairs[static_cast<size_t>(i)], options, reader, seen);
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
