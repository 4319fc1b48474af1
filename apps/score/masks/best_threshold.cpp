#include "apps/score/masks/best_threshold.h"

#include <algorithm>
#include <atomic>

#include "apps/score/masks/probability_pairs.h"
#include "io/weights/safetensors.h"
#include "kernels/ignored.h"

namespace ppl::score {
namespace {

constexpr size_t kSteps = ThresholdCounts::kSteps;

struct Counts : ThresholdCounts {
  int64_t without_prediction = 0;  // left out: the prediction has no data
};

Counts count(const Image& truth, const Probabilities& probability) {
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
  const ProbabilityPairs pairs(options);
  std::vector<std::array<double, kSteps>> tiles(pairs.size());
  std::atomic<int64_t> without_prediction{0};
  pairs.visit([&](size_t i, const Image& truth, const Probabilities& probability) {
    const Counts counts = count(truth, probability);
    tiles[i] = counts.iou_by_step();
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
