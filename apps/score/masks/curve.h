// The relaxed precision-recall curve of probabilities and its break-even point.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/score/masks/edges.h"
#include "apps/score/masks/iou.h"

namespace ppl::score {

struct CurvePoint {
  double threshold;  // foreground is above; halfway between two of 256 steps, those of 8-bit probabilities
  RelaxedCounts counts;
};

struct PrecisionRecallCurve {
  int tolerance = 3;               // pixels
  std::vector<CurvePoint> points;  // from the highest threshold to the lowest, those at which anything is predicted
  int64_t without_prediction = 0;  // pixels left out since the prediction has no data
  struct BreakEven {
    double rate;       // precision and recall
    double threshold;  // by the straight line between the two points around it, as is the rate
  };
  std::optional<BreakEven> break_even;  // none where precision and recall nowhere meet
};

// Mnih, "Machine Learning for Aerial Image Labeling" (2013): a predicted pixel is right with a true one within
// `tolerance` pixels, a true one is found with a predicted one within it. All thresholds in one pass over the
// probabilities of each tile, all tiles together. Error for several classes, and for what score_iou refuses.
PrecisionRecallCurve precision_recall_curve(const IouOptions&, int tolerance);

// The largest value within `radius` pixels of each pixel. values [height, width]
std::vector<uint8_t> largest_near(const std::vector<uint8_t>& values, int64_t height, int64_t width, int radius);

std::optional<PrecisionRecallCurve::BreakEven> break_even(const std::vector<CurvePoint>&);

std::string curve_text(const PrecisionRecallCurve&);
std::string curve_json(const PrecisionRecallCurve&);
// A line a point.
std::string curve_csv(const PrecisionRecallCurve&);

}  // namespace ppl::score
