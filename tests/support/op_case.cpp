#include "tests/support/op_case.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace ppl {

std::vector<OpCase>& op_cases() {
  static std::vector<OpCase> all;
  return all;
}

// Evenly spaced over (-2, 2), none of them 0, shuffled.
static std::vector<float> distinct_values(int64_t count, std::mt19937& random) {
  std::vector<float> v(static_cast<size_t>(count));
  for (size_t i = 0; i < v.size(); ++i) v[i] = (static_cast<float>(i) + 0.618f) / static_cast<float>(count) * 4 - 2;
  for (size_t i = v.size(); i > 1; --i) std::swap(v[i - 1], v[random() % i]);
  return v;
}

std::vector<Tensor> make_inputs(const std::vector<OpInput>& inputs, DType dtype, Values values, Device device) {
  std::mt19937 random(1);
  std::vector<Tensor> tensors;
  for (const OpInput& in : inputs) {
    const int64_t count = numel(in.shape);
    if (in.kind == InputKind::mask) {
      std::vector<uint8_t> v(static_cast<size_t>(count));
      for (uint8_t& t : v) t = random() % 7 == 0 ? 255 : random() % 2;
      tensors.push_back(Tensor::from(in.shape, v, device));
      continue;
    }
    std::vector<float> v = distinct_values(count, random);
    if (in.kind == InputKind::weights) {
      for (float& f : v) f += 2;
      v[0] = 0;
      tensors.push_back(Tensor::from(in.shape, v, DType::f32, device));
      continue;
    }
    if (values == Values::in_bf16) {
      for (float& f : v) f = bf16(f);
    }
    tensors.push_back(Tensor::from(in.shape, v, in.kind == InputKind::map ? dtype : DType::f32, device));
    tensors.back().set_requires_grad();
  }
  return tensors;
}

std::vector<float> loss_weights(int64_t count) {
  std::vector<float> w(static_cast<size_t>(count));
  for (size_t i = 0; i < w.size(); ++i) w[i] = bf16(static_cast<float>(std::sin(static_cast<double>(i) * 1.7 + 1.0)));
  return w;
}

Tensor weighted_sum(const Tensor& y, const std::vector<float>& w) {
  const std::vector<float> v = y.to_host();
  double total = 0;
  for (size_t i = 0; i < v.size(); ++i) total += static_cast<double>(w[i]) * v[i];
  return record("weighted_sum", {y}, Tensor::full({1}, static_cast<float>(total), DType::f32, y.device()),
                [w, shape = y.shape(), dtype = y.dtype(), device = y.device()](const Tensor&) -> std::vector<Tensor> {
                  return {Tensor::from(shape, w, dtype, device)};
                });
}

}  // namespace ppl
