// The threshold of probabilities that fits the truth best.
#pragma once

#include <array>
#include <string>

#include "apps/score/masks/iou.h"

namespace ppl::score {

struct ThresholdSearch {
  double threshold = 0;               // halfway between two of 256 steps, those of 8-bit probabilities
  double mean_iou = 0;                // at that threshold: the highest there is; of several the lowest threshold
  std::array<double, 256> by_step{};  // mean IoU where foreground is what lies above step k
  int64_t without_prediction = 0;     // pixels left out since the prediction has no data
};

// Probabilities (8 or 16 bits, floats) are read as score_iou does with a threshold, each once. Error for several
// classes, and for what score_iou refuses.
ThresholdSearch find_threshold(const IouOptions&);

// Puts the threshold into the metadata of a weights file, which is written anew; it is then that of any number of
// views.
void store_threshold(const std::string& weights, double threshold);

}  // namespace ppl::score
