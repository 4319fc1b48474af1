// APLS as CosmiQ's `apls` tool computes it.
#pragma once

#include <array>
#include <vector>

#include "apps/score/apls/apls.h"
#include "apps/score/apls/graph.h"

namespace ppl::score {

// Truth and prediction as that tool sees them, without midpoints. Roads that lead back to their own start vanish, and
// so do roads that are drawn twice (both copies); pieces of the truth of at most 100 nodes without a route of 5 m
// vanish, and pieces of the prediction of at most 30 vertices without one of 10 pixels.
std::array<AplsGraph, 2> cosmiq_graphs(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                                       const AplsParameters& parameters);

// Unlike score_image: the road graphs are those above; points are put onto the other road graph as it is without
// midpoints, always onto the nearest edge; of several points that come to lie on one node only the last stays; where a
// side has no route the score is 0, also where both have none; with 500 nodes of truth or more there are no midpoints.
// The tool then also draws nodes at random: here all are taken. Lengths are pixels of parameters.pixel metres; nodes
// are told apart as in score_image.
ImageApls score_image_cosmiq(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                             const AplsParameters& parameters, int threads = 1);

}  // namespace ppl::score
