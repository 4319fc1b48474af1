// Extents of a convolution from its input and weight, checked. Shared by the ops and by folded convolutions.
#pragma once

#include "engine/ops.h"
#include "engine/ops/check.h"

namespace ppl {

// x [N,H,W,C], weight [K,R,S,C]
inline Conv conv_shape(const Tensor& x, const Tensor& weight, const ConvOptions& o) {
  check_map("conv", x);
  Conv s{extent(x, 0), extent(x, 1), extent(x, 2), extent(x, 3)};
  PPL_CHECK(weight.dim(3) == s.c && o.output_pad == Axes(0), "conv: weight ", to_string(weight.shape()),
            " does not fit input ", to_string(x.shape()));
  s.k = extent(weight, 0), s.r = extent(weight, 1), s.s = extent(weight, 2);
  s.stride = o.stride, s.pad = o.pad, s.dilation = o.dilation;
  const auto [oh, ow] = conv_extents(s);
  PPL_CHECK(oh > 0 && ow > 0, "conv: weight ", to_string(weight.shape()), " with dilation ", o.dilation,
            " is larger than input ", to_string(x.shape()));
  s.oh = oh, s.ow = ow;
  return s;
}

// The convolution whose data gradient this is: its input is the result [N,H,W,C]; x [N,OH,OW,K], weight [K,R,S,C].
inline Conv conv_transpose_shape(const Tensor& x, const Tensor& weight, const ConvOptions& o) {
  check_map("conv_transpose", x);
  PPL_CHECK(weight.dim(0) == x.dim(3), "conv_transpose: weight ", to_string(weight.shape()), " does not fit input ",
            to_string(x.shape()));
  Conv s;
  s.n = extent(x, 0), s.oh = extent(x, 1), s.ow = extent(x, 2), s.k = extent(x, 3);
  s.r = extent(weight, 1), s.s = extent(weight, 2), s.c = extent(weight, 3);
  s.stride = o.stride, s.pad = o.pad, s.dilation = o.dilation;
  const auto in = [](int64_t out, int window, int stride, int pad, int dilation, int output_pad) {
    return (out - 1) * stride - 2 * pad + dilation * (window - 1) + output_pad + 1;
  };
  const int64_t h = in(s.oh, s.r, o.stride.y, o.pad.y, o.dilation.y, o.output_pad.y);
  const int64_t w = in(s.ow, s.s, o.stride.x, o.pad.x, o.dilation.x, o.output_pad.x);
  PPL_CHECK(h > 0 && w > 0 && h < int64_t{1} << 31 && w < int64_t{1} << 31, "conv_transpose: input ",
            to_string(x.shape()), " gives ", h, "x", w);
  s.h = static_cast<int>(h), s.w = static_cast<int>(w);
  return s;
}

}  // namespace ppl
