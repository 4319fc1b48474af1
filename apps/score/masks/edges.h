// Scores of masks that look at where the borders of objects lie: relaxed precision and recall, and boundary IoU.
#pragma once

#include <cstdint>

#include "apps/score/masks/metric.h"
#include "io/geometry/bit_image.h"

namespace ppl::score {

// Pixels that count as right when the other mask has one within so many pixels (Mnih 2013, "relaxed").
struct RelaxedCounts {
  int64_t predicted = 0, predicted_near = 0;
  int64_t truth = 0, truth_near = 0;
  // By the rule of models/metrics.h for 0 / 0.
  double precision() const;
  double recall() const;
  double f1() const;
};

// Of the pixels of each mask that lie at its border (Cheng et al. 2021, boundary IoU).
struct BoundaryCounts {
  int64_t both = 0, either = 0;
  double iou() const;  // 1 where neither mask has a pixel
};

extern const MaskMetric kRelaxedMetric, kBoundaryMetric, kCentreLineMetric;

// Within a distance of `radius` pixels between centres. ignored: pixels left out on both sides, or an empty image.
RelaxedCounts relaxed_counts(const BitImage& prediction, const BitImage& truth, const BitImage& ignored, int radius);

// clDice (Shit et al. 2021): how much of the centre line of each mask lies in the other one. predicted, truth: pixels
// of the centre lines (io/vectorize/roads/thin.h); f1() is the measure. ignored: pixels of these that do not count.
RelaxedCounts centre_line_counts(const BitImage& prediction, const BitImage& truth, const BitImage& ignored);

// The border of a mask: its pixels with one that is not of it, or the image's edge, at most `distance` steps away
// (a step goes to any of the 8 neighbours).
BitImage border_of(const BitImage& mask, int distance);
BoundaryCounts boundary_counts(const BitImage& prediction, const BitImage& truth, const BitImage& ignored,
                               int distance);
// The published distance: 2 % of the image's diagonal, at least 1.
int boundary_distance(int64_t height, int64_t width);

}  // namespace ppl::score
