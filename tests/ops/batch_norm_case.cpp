#include <cmath>

#include "tests/support/op_case.h"

namespace ppl {
namespace {

OpCase::Oracle plain(NormOptions o) {
  return [=](const std::vector<HostMap>& in) {
    const HostMap& x = in[0];
    const auto channels = static_cast<size_t>(x.shape[3]);
    const double pixels = static_cast<double>(x.values.size() / channels);
    std::vector<double> y = x.values, mean(channels), variance(channels);
    for (size_t i = 0; i < y.size(); ++i) mean[i % channels] += y[i] / pixels;
    for (size_t i = 0; i < y.size(); ++i) variance[i % channels] += std::pow(y[i] - mean[i % channels], 2) / pixels;
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t c = i % channels;
      y[i] = (y[i] - mean[c]) / std::sqrt(variance[c] + o.epsilon) * in[1].values[c] + in[2].values[c];
      if (o.residual == Residual::before_relu) y[i] += in[4].values[i];
      if (o.relu) y[i] = std::max(y[i], 0.0);
      if (o.residual == Residual::after_relu) y[i] += in[4].values[i];
    }
    return y;
  };
}

Tensor run(NormOptions o, const std::vector<Tensor>& in) {
  const int64_t channels = in[0].dim(3);
  const Device device = in[0].device();
  const NormTensors p{in[1], in[2], Tensor::zeros({channels}, DType::f32, device),
                      Tensor::full({channels}, 1, DType::f32, device), in[3]};
  return batch_norm(in[0], p, o, in.size() > 4 ? in[4] : Tensor());
}

std::vector<OpInput> inputs(const Shape& x, Residual residual) {
  const OpInput parameter{{x[3]}, InputKind::parameter};
  std::vector<OpInput> in{{x}, parameter, parameter, parameter};
  if (residual != Residual::none) in.push_back({x});
  return in;
}

OpCase make(const std::string& name, Shape x, bool relu, Residual residual, Shape network = {}) {
  const NormOptions o{.relu = relu, .residual = residual};
  OpCase c{.name = "batch_norm " + name, .inputs = inputs(x, residual)};
  c.run = [o](const std::vector<Tensor>& in) { return run(o, in); };
  c.oracle = plain(o);
  if (network.empty()) return c;
  const auto size = static_cast<double>(numel(network));
  const bool before = residual == Residual::before_relu;
  c.network = inputs(network, residual);
  c.forward.elements = size * (residual == Residual::none ? 3 : 4);
  c.backward.elements = size * (before ? 7 : 5);  // before: dy, y, x, dz; dz, x, dx
  return c;
}

const AddCases cases{{
    make("5 channels", {2, 7, 6, 5}, false, Residual::none),
    make("relu", {2, 5, 4, 16}, true, Residual::none, {1, 256, 256, 64}),
    make("relu 33 channels", {3, 5, 3, 33}, true, Residual::none),
    make("residual before relu", {2, 6, 5, 16}, true, Residual::before_relu, {1, 256, 256, 64}),
    make("residual after relu", {1, 9, 5, 3}, true, Residual::after_relu, {1, 128, 128, 64}),
    make("residual without relu", {1, 5, 5, 64}, false, Residual::after_relu),
    make("residual before, without relu", {1, 5, 5, 64}, false, Residual::before_relu),
    make("one channel", {1, 11, 3, 1}, true, Residual::none),
    make("relu 512 channels", {1, 4, 4, 80}, true, Residual::none, {4, 32, 32, 512}),
}};

}  // namespace
}  // namespace ppl
