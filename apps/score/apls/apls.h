// APLS: average path length similarity of two road graphs, as SpaceNet's reference scorer computes it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "apps/score/apls/geometry.h"
#include "io/tables/roads.h"

namespace ppl::score {

struct ImageApls {
  double truth_to_prediction = 0;  // routes of the truth, looked for in the prediction
  double prediction_to_truth = 0;
  double score = 0;            // their harmonic mean
  double score_by_length = 0;  // the same with each route counted by its length
  // Truth and prediction. Control points are nodes and midpoints; where one side is empty there are no midpoints.
  std::array<int64_t, 2> nodes{}, edges{}, control_points{};
  std::array<double, 2> length{};  // metres of road
  // Control points whose routes were walked point by point: truth to prediction, prediction to truth.
  std::array<int64_t, 2> walked{};
};

// literal walks every route point by point, quick only the few that may lead into a ghost. The scores are the same.
enum class AplsMethod { quick, literal };

// The lines must be free of what set_bad_rows_aside finds.
ImageApls score_image(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                      const AplsParameters& parameters, AplsMethod method = AplsMethod::quick, int threads = 1);

// 2ab / (a + b); 0 where both are.
double harmonic_mean(double a, double b);

}  // namespace ppl::score
