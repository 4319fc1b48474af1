// One description of an op drives its tests (tests/kernels/op_test.cpp) and its timing (bench/op_bench.cpp).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/ops.h"

namespace ppl {

// What an input is: a map in the type under test, an f32 parameter, a mask of 0, 1 and some 255, or f32 weights of
// pixels from 0 to 4. Masks and weights get no gradient.
enum class InputKind { map, parameter, mask, weights };

struct OpInput {
  Shape shape;
  InputKind kind = InputKind::map;
};

// Maps and parameters widened, for oracles. at() reads a map.
struct HostMap {
  Shape shape;
  std::vector<double> values;
  double at(int64_t n, int64_t y, int64_t x, int64_t c) const {
    return values[static_cast<size_t>(((n * shape[1] + y) * shape[2] + x) * shape[3] + c)];
  }
};

// Least traffic of a pass: elements in the type under test, plus bytes that do not depend on it.
struct Traffic {
  double elements = 0, bytes = 0;
};

struct OpCase {
  using Run = std::function<Tensor(const std::vector<Tensor>&)>;
  using Oracle = std::function<std::vector<double>(const std::vector<HostMap>&)>;

  std::string name;                  // "max_pool 3x3/2 pad 1"; the first word is the op
  std::vector<OpInput> inputs = {};  // none: only timed
  Run run = {};
  Oracle oracle = {};  // forward by plain formulas in f64, or none
  Run reference = {};  // the same made of other ops, for values and gradients, or none
  double forward_tolerance = 1e-5, gradient_tolerance = 2e-3, bf16_tolerance = 1e-2;

  // Timed at this size where it is given. backward counts what the gradients of all maps take.
  std::vector<OpInput> network = {};
  Traffic forward = {}, backward = {};
  double flops = 0;  // of forward
};

std::vector<OpCase>& op_cases();
struct AddCases {
  explicit AddCases(const std::vector<OpCase>& cases) {
    op_cases().insert(op_cases().end(), cases.begin(), cases.end());
  }
};

// Inputs for a case: maps and parameters of distinct values (no ties, none at a kink), always the same; or rounded to
// what bf16 represents, so that both types see the same input.
enum class Values { distinct, in_bf16 };
std::vector<Tensor> make_inputs(const std::vector<OpInput>&, DType, Values = Values::distinct, Device = Device::cpu);

// The scalar sum(weights * y) that gradients are taken of, and weights for it.
std::vector<float> loss_weights(int64_t count);
Tensor weighted_sum(const Tensor& y, const std::vector<float>& weights);

}  // namespace ppl
