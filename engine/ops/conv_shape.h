// Extents of a convolution from the shapes of its tensors, checked. Shared by the ops and by folded convolutions.
#pragma once

#include "engine/ops.h"

namespace ppl {

// x [N,H,W,C], weight [K,R,S,C]
inline Conv conv_shape(const Shape& x, const Shape& weight, const ConvOptions& o) {
  PPL_CHECK(x.size() == 4 && weight.size() == 4 && x[3] == weight[3], "conv: expected [N,H,W,C] and [K,R,S,C], got ",
            to_string(x), " and ", to_string(weight));
  const auto i = [](int64_t v) { return static_cast<int>(v); };
  const int64_t reach_h = (weight[1] - 1) * o.dilation + 1, reach_w = (weight[2] - 1) * o.dilation + 1;
  const int64_t oh = (x[1] + 2 * o.pad - reach_h) / o.stride + 1, ow = (x[2] + 2 * o.pad - reach_w) / o.stride + 1;
  PPL_CHECK(x[1] + 2 * o.pad >= reach_h && x[2] + 2 * o.pad >= reach_w, "conv: map ", to_string(x),
            " is smaller than the window of ", to_string(weight));
  return {i(x[0]),      i(x[1]),      i(x[2]),      i(x[3]),  i(oh), i(ow),
          i(weight[0]), i(weight[1]), i(weight[2]), o.stride, o.pad, o.dilation};
}

// The convolution whose data gradient this is: y [N,OH,OW,K] of the transposed one is its input; x [N,H,W,C], weight
// [C,R,S,K].
inline Conv conv_transpose_shape(const Shape& x, const Shape& weight, const ConvOptions& o) {
  PPL_CHECK(x.size() == 4 && weight.size() == 4 && x[3] == weight[0],
            "conv_transpose: expected [N,H,W,C] and [C,R,S,K], got ", to_string(x), " and ", to_string(weight));
  const int64_t h = (x[1] - 1) * o.stride - 2 * o.pad + (weight[1] - 1) * o.dilation + 1 + o.output_pad;
  const int64_t w = (x[2] - 1) * o.stride - 2 * o.pad + (weight[2] - 1) * o.dilation + 1 + o.output_pad;
  PPL_CHECK(h > 0 && w > 0 && o.output_pad < o.stride, "conv_transpose: no output for ", to_string(x), " with ",
            to_string(weight));
  const Conv s = conv_shape({x[0], h, w, weight[3]}, weight, o);
  PPL_CHECK(s.oh == x[1] && s.ow == x[2], "conv_transpose: options do not lead back to ", to_string(x));
  return s;
}

}  // namespace ppl
