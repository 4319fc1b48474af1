#include "apps/score/masks/best_threshold.h"

#include <algorithm>
#include <atomic>

#include "apps/score/masks/pair_reader.h"
#include "io/threads.h"
#include "io/weights/safetensors.h"
#include "kernels/ignored.h"

namespace ppl::score {
namespace {

constexpr size_t kSteps = ThresholdCounts::kSteps;

struct Counts : ThresholdCounts {
  int64_t without_prediction = 0;  // left out: the prediction has no data
};

Counts count(const MaskPair& pair, const PairReader& reader, MaskCensus& census) {
  const Image truth = reader.truth(pair, census);
  const Probabilities probability = reader.probabilities(pair);
  check_alike(pair, {0, 0, truth.height, truth.width}, {0, 0, probability.height, probability.width});
  Counts counts;
  for (size_t i = 0; i < truth.bytes.size(); ++i) {
    if (truth.bytes[i] == kIgnored) continue;
    if (probability.valid[i] == 0)
      ++counts.without_prediction;
    else
      counts.add(probability.values[i], truth.bytes[i] != 0);
  }
  return counts;
}

}  // namespace

ThresholdSearch find_threshold(const IouOptions& options) {
  PPL_CHECK(options.classes == 1, "a threshold is for one class, got ", options.classes);
  constexpr double kAny = 0.5;  // predictions are read as probabilities
  const PairReader reader(options, {1, options.foreground}, {}, kAny);
  const MaskPairs& matched = reader.matched();
  if (!options.skip_missing) require_complete(matched);
  MaskCensus census;
  std::vector<std::array<double, kSteps>> tiles(matched.pairs.size());
  const int threads = available_threads();
  std::atomic<int64_t> without_prediction{0};
  for_each_index(static_cast<int64_t>(tiles.size()), threads, [&](int64_t i) {
    const Counts counts = count(matched.pairs[static_cast<size_t>(i)], reader, census);
    tiles[static_cast<size_t>(i)] = counts.iou_by_step();
    without_prediction += counts.without_prediction;
  });
  ThresholdSearch search;
  search.without_prediction = without_prediction;
  for (size_t k = 0; k < kSteps; ++k) {
    for (const auto& tile : tiles) search.by_step[k] += tile[k];
    search.by_step[k] /= static_cast<double>(tiles.size());
  }
  // Above the last step there is nothing, so that it is no threshold.
  const auto best = std::max_element(search.by_step.begin(), search.by_step.end() - 1);
  search.mean_iou = *best;
  search.threshold = threshold_of_step(static_cast<size_t>(best - search.by_step.begin()));
  return search;
}

void store_threshold(const std::string& weights, double threshold) {
  NamedArrays file = read_safetensors(weights);
  file.metadata["threshold"] = cat(threshold);
  file.metadata.erase("thresholds");  // of numbers of views, which would come before it
  write_safetensors(weights, file);
}

}  // namespace ppl::score
