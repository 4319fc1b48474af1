// Prediction of whole tiles with test-time views.
#pragma once

#include "models/linknet.h"

namespace ppl {

// x [N,H,W,bands], normalised, of any size, on any device. Pads by reflection (edges not repeated, the smaller half first) to
// multiples of 32, runs the first 1, 4 or 8 of the eight flips and quarter turns, undoes each, sums their probabilities
// and crops the padding.
// -> f32 [N,H,W,classes] in [0, views], where the network is. The network must be in evaluation mode.
Tensor probability_sum(const LinkNet&, const Tensor& x, int views);

}  // namespace ppl
