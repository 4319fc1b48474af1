// What conv and conv_transpose share.
#pragma once

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/ops/check.h"
#include "kernels/bias_relu.h"

namespace ppl {

inline void check_conv(const char* op, const Tensor& x, const Tensor& weight, ConvOptions o) {
  check_map(op, x);
  PPL_CHECK(weight.defined() && weight.rank() == 4 && weight.dtype() == DType::f32 && weight.size() > 0 &&
                weight.device() == x.device(),
            op, ": expected an f32 weight [K,R,S,C] for ", to_string(x.shape()), ", got ",
            weight.defined() ? cat(name(weight.dtype()), " ", to_string(weight.shape())) : std::string("nothing"));
  const auto fit = [](int stride, int pad, int dilation, int output_pad) {
    return stride >= 1 && pad >= 0 && dilation >= 1 && output_pad >= 0 && output_pad < std::max(stride, dilation);
  };
  PPL_CHECK(
      fit(o.stride.y, o.pad.y, o.dilation.y, o.output_pad.y) && fit(o.stride.x, o.pad.x, o.dilation.x, o.output_pad.x),
      op, ": stride ", o.stride, ", padding ", o.pad, ", dilation ", o.dilation, ", output padding ", o.output_pad);
}

// dz behind bias and ReLU, from y where there was a ReLU, and the bias's gradient (undefined where it is not wanted).
struct BeforeEpilogue {
  Tensor dz, dbias;
};

template <class T>
BeforeEpilogue backward_through_epilogue(const Tensor& dy, const Tensor& y, const Tensor& bias) {
  BeforeEpilogue r{dy, {}};
  if (bias.defined() && bias.requires_grad()) r.dbias = gradient_target(bias);
  if (y.defined()) r.dz = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
  if (!y.defined() && !r.dbias.defined()) return r;
  const int64_t channels = dy.dim(3);
  on(dy.device(), [&](auto& ctx) {
    bias_relu_backward(ctx, dy.size() / channels, channels, dy.data<T>(), data_or_null<T>(y), r.dz.template data<T>(),
                       data_or_null<float>(r.dbias));
  });
  return r;
}

}  // namespace ppl
