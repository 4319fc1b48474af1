// Prediction of whole tiles with test-time views.
#pragma once

#include "engine/recorded_call.h"
#include "models/linknet.h"

namespace ppl {

// x [N,H,W,bands], normalised, of any size, on any device. Pads by reflection (edges not repeated, the smaller half
// first) to multiples of 32, runs the first 1, 4 or 8 of the eight flips and quarter turns, undoes each, sums their
// probabilities and crops the padding.
// -> f32 [N,H,W,classes] in [0, views], where the network is. The network must be in evaluation mode.
Tensor probability_sum(const LinkNet&, const Tensor& x, int views);

// The same for images one after the other: a CUDA graph where the network is on a device and graphs are wanted. Of
// images of several sizes the largest are recorded. The result is overwritten by the next call.
class RepeatedViews {
 public:
  // The network, on its device, outlives this.
  RepeatedViews(const LinkNet&, int views, bool graph);
  Tensor probability_sum(const Tensor& x);

 private:
  const LinkNet& network_;
  int views_;
  bool graph_;
  std::vector<Tensor> weights_;
  RecordedCall call_;
};

}  // namespace ppl
