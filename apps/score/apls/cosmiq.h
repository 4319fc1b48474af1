// APLS as CosmiQ's `apls` tool computes it.
#pragma once

#include <vector>

#include "apps/score/apls/apls.h"

namespace ppl::score {

// Unlike score_image: points are put onto the other network as it is without midpoints, always onto the nearest edge;
// of several points that come to lie on one node only the last stays; where a side has no route the score is 0, also
// where both have none; with 500 nodes of truth or more there are no midpoints. Its tool then also draws nodes at
// random: here all are taken. Lengths are pixels of parameters.pixel metres; nodes are told apart as in score_image.
ImageApls score_image_cosmiq(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& proposal,
                             const AplsParameters& parameters, int threads = 1);

}  // namespace ppl::score
