#include "apps/score/apls/apls.h"

#include "apps/score/apls/one_way.h"

namespace ppl::score {
double harmonic_mean(double a, double b) { return a + b == 0 ? 0 : 2 * a * b / (a + b); }

ImageApls score_image(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                      const AplsParameters& parameters, AplsMethod method, int threads) {
  std::array<AplsGraph, 2> graphs{build_graph(truth), build_graph(prediction)};
  ImageApls result;
  for (size_t side = 0; side < 2; ++side) {
    result.nodes[side] = result.control_points[side] = graphs[side].nodes.size();
    result.edges[side] = static_cast<int64_t>(graphs[side].edges_in_order().size());
    result.length[side] = road_metres(graphs[side], parameters);
  }
  if (result.nodes[0] == 0 || result.nodes[1] == 0) {
    const double all = result.nodes == std::array<int64_t, 2>{0, 0} ? 1 : 0;
    result.truth_to_prediction = result.prediction_to_truth = result.score = result.score_by_length = all;
    return result;
  }
  for (size_t side = 0; side < 2; ++side) {
    add_midpoints(graphs[side], parameters);
    result.control_points[side] = graphs[side].nodes.size();
  }
  const auto [there, back] = both_ways(graphs[0], graphs[1], parameters, method, threads);
  result.truth_to_prediction = there.score();
  result.prediction_to_truth = back.score();
  result.score = harmonic_mean(there.score(), back.score());
  result.score_by_length = harmonic_mean(there.score_by_length(), back.score_by_length());
  result.walked = {there.walked, back.walked};
  return result;
}

}  // namespace ppl::score
