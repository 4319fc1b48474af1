#include "bench/fusion/fusion.h"

#include <algorithm>

namespace ppl {
namespace {

// Adds tensors and steps; a tensor is its place.
class Builder {
 public:
  Builder(std::string name, const Conv& shape) : fusion_{std::move(name), shape, {}, {}} {}

  size_t given(const std::string& name, Extent extent, bool f32 = false) { return add(name, extent, Role::given, f32); }
  size_t step(Operation operation, std::vector<size_t> in, Extent extent, const std::string& result = "") {
    const size_t out = add(result, extent, result.empty() ? Role::within : Role::result, false);
    fusion_.steps.push_back({operation, std::move(in), {out}});
    return out;
  }
  // Sums over pixels: f32, each a result.
  void sums(Operation operation, std::vector<size_t> in, Extent extent, const std::vector<std::string>& results) {
    std::vector<size_t> out;
    for (const std::string& r : results) out.push_back(add(r, extent, Role::result, true));
    fusion_.steps.push_back({operation, std::move(in), std::move(out)});
  }
  size_t norm_relu(size_t x) {
    const size_t scale = given("scale", Extent::in_channels), shift = given("shift", Extent::in_channels);
    const size_t scaled = step(Operation::multiply, {x, scale}, Extent::in_map);
    return step(Operation::relu, {step(Operation::add, {scaled, shift}, Extent::in_map)}, Extent::in_map);
  }
  Fusion done() { return std::move(fusion_); }

 private:
  size_t add(const std::string& name, Extent extent, Role role, bool f32) {
    fusion_.tensors.push_back({name, extent, role, f32});
    return fusion_.tensors.size() - 1;
  }

  Fusion fusion_;
};

Fusion bias_relu(const Conv& s, bool residual) {
  Builder b(residual ? "conv_bias_add_relu" : "conv_bias_relu", s);
  const size_t x = b.given("x", Extent::in_map), w = b.given("w", Extent::weights);
  size_t y = b.step(Operation::convolve, {x, w}, Extent::out_map);
  y = b.step(Operation::add, {y, b.given("bias", Extent::out_channels)}, Extent::out_map);
  if (residual) y = b.step(Operation::add, {y, b.given("residual", Extent::out_map)}, Extent::out_map);
  b.step(Operation::relu, {y}, Extent::out_map, "y");
  return b.done();
}

Fusion statistics(const Conv& s, bool norm_before) {
  Builder b(norm_before ? "norm_relu_conv_statistics" : "conv_statistics", s);
  size_t x = b.given("x", Extent::in_map);
  if (norm_before) x = b.norm_relu(x);
  const size_t y = b.step(Operation::convolve, {x, b.given("w", Extent::weights)}, Extent::out_map, "y");
  b.sums(Operation::statistics, {y}, Extent::out_channels, {"sum", "squares"});
  return b.done();
}

Fusion weights(const Conv& s) {
  Builder b("norm_relu_weights", s);
  const size_t x = b.norm_relu(b.given("x", Extent::in_map));
  b.step(Operation::weight_gradient, {x, b.given("dy", Extent::out_map)}, Extent::weights, "dw");
  return b.done();
}

Fusion gradient(const Conv& s) {
  Builder b("gradient_relu_norm_sums", s);
  const size_t dy = b.given("dy", Extent::out_map), w = b.given("w", Extent::weights), x = b.given("x", Extent::in_map);
  const size_t mean = b.given("mean", Extent::in_channels, true);
  const size_t inverse_std = b.given("inverse_std", Extent::in_channels, true);
  const size_t weight = b.given("weight", Extent::in_channels, true), bias = b.given("bias", Extent::in_channels, true);
  const size_t back = b.step(Operation::input_gradient, {dy, w}, Extent::in_map);
  size_t norm = b.step(Operation::subtract, {x, mean}, Extent::in_map);
  norm = b.step(Operation::multiply, {norm, inverse_std}, Extent::in_map);
  norm = b.step(Operation::multiply, {norm, weight}, Extent::in_map);
  norm = b.step(Operation::add, {norm, bias}, Extent::in_map);
  const size_t dz = b.step(Operation::relu_backward, {back, norm}, Extent::in_map, "dz");
  b.sums(Operation::norm_sums, {dz, x, mean, inverse_std, weight}, Extent::in_channels,
         {"dweight", "dbias", "a", "b", "c"});
  return b.done();
}

}  // namespace

const FusionTensor* Fusion::find(const std::string& tensor) const {
  const auto it = std::find_if(tensors.begin(), tensors.end(), [&](const FusionTensor& t) { return t.name == tensor; });
  return it == tensors.end() ? nullptr : &*it;
}

int64_t elements(const Conv& s, Extent extent) {
  switch (extent) {
    case Extent::in_map:
      return int64_t{s.n} * s.h * s.w * s.c;
    case Extent::out_map:
      return int64_t{s.n} * s.oh * s.ow * s.k;
    case Extent::weights:
      return int64_t{s.k} * s.r * s.s * s.c;
    case Extent::in_channels:
      return s.c;
    default:
      return s.k;
  }
}

std::vector<Fusion> fusions_of(const Conv& s) {
  return {bias_relu(s, false), bias_relu(s, true), statistics(s, false), statistics(s, true), weights(s), gradient(s)};
}

}  // namespace ppl
