// The threshold that fits the validation tiles best, found at the end of a stage and put into its weights.
#pragma once

#include "apps/train/config/config.h"
#include "apps/train/data.h"
#include "engine/communication/communication.h"
#include "engine/tensor.h"

namespace ppl::apps {

// For each of the stage's best weights files (best, best_average): the threshold of the highest validation IoU, in the
// 256 steps of 8-bit probabilities, of one view, of eight and of the stage's tta, goes into the metadata; the stage's
// is also the file's `threshold`. Nothing where the stage does not ask for it. Every rank calls it. Interrupted where
// the program was asked to stop.
void choose_thresholds(const TrainConfig&, int64_t stage, const StageTiles&, Device, Communication&);

}  // namespace ppl::apps
