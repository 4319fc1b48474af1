#include "engine/layers.h"

#include <cmath>

namespace ppl {
namespace {

void fill_uniform(const Tensor& t, double bound, Random& random) {
  float* p = t.data<float>();
  for (int64_t i = 0; i < t.size(); ++i) p[i] = static_cast<float>((2 * random.uniform() - 1) * bound);
}

void fill_normal(const Tensor& t, double deviation, Random& random) {
  float* p = t.data<float>();
  for (int64_t i = 0; i < t.size(); ++i) p[i] = static_cast<float>(random.normal() * deviation);
}

}  // namespace

BatchNorm2d::BatchNorm2d(int channels)
    : weight(parameter("weight", {channels})),
      bias(parameter("bias", {channels})),
      running_mean(buffer("running_mean", {channels}, 0)),
      running_var(buffer("running_var", {channels}, 1)) {}

void BatchNorm2d::initialize_own(Random&) {
  fill(weight, 1);
  fill(bias, 0);
  fill(running_mean, 0);
  fill(running_var, 1);
}

ConvLayer::ConvLayer(Kind kind, Shape weight_shape, int bias_channels, ConvOptions o)
    : weight(parameter("weight", std::move(weight_shape))),
      bias(bias_channels ? parameter("bias", {bias_channels}) : Tensor()),
      options(o),
      kind_(kind) {}

Tensor ConvLayer::run(const Tensor& x, const Tensor& with_bias, bool relu) const {
  return kind_ == Kind::plain ? conv(x, weight, with_bias, options, relu)
                              : conv_transpose(x, weight, with_bias, options, relu);
}

Tensor ConvLayer::forward(const Tensor& x, bool relu) const {
  require_initialized(weight);
  if (training()) return run(x, bias, relu);
  folded_.prepare(*this, kind_ == Kind::transposed, nullptr, x.dtype());
  return folded_.forward(x, options, relu, Residual::none, {});
}

Tensor ConvLayer::forward(const Tensor& x, const BatchNorm2d& norm, NormOptions o, const Tensor& residual) const {
  require_initialized(weight);
  require_initialized(norm.weight);
  if (norm.training()) {
    const NormTensors tensors{norm.weight, norm.bias, norm.running_mean, norm.running_var, bias};
    return batch_norm(run(x, {}, false), tensors, o, residual);
  }
  folded_.prepare(*this, kind_ == Kind::transposed, &norm, x.dtype(), o.epsilon);
  return folded_.forward(x, options, o.relu, o.residual, residual);
}

Conv2d::Conv2d(int in, int out, Axes window, ConvOptions o, bool with_bias)
    : ConvLayer(Kind::plain, {out, window.y, window.x, in}, with_bias ? out : 0, o) {}

void Conv2d::initialize_own(Random& random) {
  const double area = static_cast<double>(weight.dim(1) * weight.dim(2));
  fill_normal(weight, std::sqrt(2.0 / (area * static_cast<double>(weight.dim(0)))), random);
  if (bias.defined()) fill_uniform(bias, 1 / std::sqrt(area * static_cast<double>(weight.dim(3))), random);
}

ConvTranspose2d::ConvTranspose2d(int in, int out, Axes window, ConvOptions o)
    : ConvLayer(Kind::transposed, {in, window.y, window.x, out}, out, o) {}

void ConvTranspose2d::initialize_own(Random& random) {
  const double bound = 1 / std::sqrt(static_cast<double>(weight.dim(1) * weight.dim(2) * weight.dim(3)));
  fill_uniform(weight, bound, random);
  fill_uniform(bias, bound, random);
}

}  // namespace ppl
