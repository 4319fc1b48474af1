#include "engine/folded_conv.h"

#include <cmath>

#include "engine/dispatch.h"
#include "engine/layers.h"
#include "engine/ops/conv_shape.h"
#include "engine/trace.h"
#include "kernels/profile_range.h"

namespace ppl {
namespace {

// Version + 1, so that 0 stands for a tensor that is not there.
uint64_t version_of(const Tensor& t) { return t.defined() ? t.version() + 1 : 0; }

}  // namespace

void FoldedConv::prepare(const ConvLayer& layer, bool transposed, const BatchNorm2d* norm, DType dtype, float epsilon) {
  const std::array<uint64_t, 6> versions{version_of(layer.weight),
                                         version_of(layer.bias),
                                         norm ? version_of(norm->weight) : 0,
                                         norm ? version_of(norm->bias) : 0,
                                         norm ? version_of(norm->running_mean) : 0,
                                         norm ? version_of(norm->running_var) : 0};
  if (packed_ && versions == versions_ && dtype == dtype_) return;
  const Tensor& w = parameter_ = layer.weight;
  const int64_t channels = transposed ? w.dim(3) : w.dim(0), inner = transposed ? 1 : w.size() / channels;
  std::vector<float> scale(static_cast<size_t>(channels), 1), shift(static_cast<size_t>(channels), 0);
  const std::vector<float> conv_bias = layer.bias.defined() ? layer.bias.to_host() : shift;
  if (norm) {
    const std::vector<float> weight = norm->weight.to_host(), bias = norm->bias.to_host(),
                             mean = norm->running_mean.to_host(), variance = norm->running_var.to_host();
    for (size_t c = 0; c < scale.size(); ++c) {
      scale[c] = weight[c] / std::sqrt(variance[c] + epsilon);
      shift[c] = bias[c] + (conv_bias[c] - mean[c]) * scale[c];
    }
  } else {
    shift = conv_bias;
  }
  std::vector<float> folded = w.to_host();
  for (size_t i = 0; i < folded.size(); ++i) folded[i] *= scale[i / static_cast<size_t>(inner) % scale.size()];
  weight_ = Tensor::from(w.shape(), folded, dtype, w.device());
  bias_ = Tensor::from({channels}, shift, DType::f32, w.device());
  packed_ = std::make_unique<PackedWeights>();
  versions_ = versions;
  dtype_ = dtype;
  transposed_ = transposed;
}

Tensor FoldedConv::forward(const Tensor& x, const ConvOptions& o, bool relu, Residual mode,
                           const Tensor& residual) const {
  const ProfileRange range("folded_conv");
  const Conv s = transposed_ ? conv_transpose_shape(x, weight_, o) : conv_shape(x, weight_, o);
  Tensor y = transposed_ ? Tensor::empty({s.n, s.h, s.w, s.c}, x.dtype(), x.device())
                         : Tensor::empty({s.n, s.oh, s.ow, s.k}, x.dtype(), x.device());
  if (mode != Residual::none)
    PPL_CHECK(residual.defined() && residual.shape() == y.shape() && residual.dtype() == y.dtype(),
              "conv: the second map does not match ", to_string(y.shape()));
  with_float_type(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* r = mode == Residual::before_relu ? residual.data<T>() : nullptr;
    const Epilogue<T> epilogue{bias_.data<float>(), r, relu};
    on(x.device(), [&](auto& ctx) {
      if (transposed_)
        conv_backward_data<T>(ctx, s, x.data<T>(), weight_.data<T>(), epilogue, y.data<T>(), packed_.get());
      else
        conv_forward<T>(ctx, s, x.data<T>(), weight_.data<T>(), epilogue, y.data<T>(), packed_.get());
    });
  });
  if (mode == Residual::after_relu) add_into(y, residual);
  trace({.op = transposed_ ? "conv_transpose" : "conv",
         .inputs = {x, residual},
         .result = y,
         .weights = {weight_, bias_},
         .parameter = parameter_,
         .options = o,
         .relu = relu,
         .residual = mode});
  return y;
}

}  // namespace ppl
