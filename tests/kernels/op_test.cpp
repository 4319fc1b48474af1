// Every case of tests/ops: against its oracle, its gradients against finite differences, bf16 against f32.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

#include "tests/support/compare.h"
#include "tests/support/cpu_levels.h"
#include "tests/support/op_case.h"

using namespace ppl;

namespace {

void judge(const OpCase& c, const std::string& what, const Difference& d, double tolerance) {
  std::printf("%-52s %-28s %.1e  %3.0f %% of tolerance, worst at %zu\n", c.name.c_str(), what.c_str(), d.error,
              100 * d.error / tolerance, d.worst);
  CHECK_MESSAGE(d.error <= tolerance, c.name, ", ", what, ": error ", d.error, " above ", tolerance, ", worst element ",
                d.worst);
}

std::vector<float> forward(const OpCase& c, const std::vector<Tensor>& inputs) {
  const NoGrad off;
  return c.run(inputs).to_host();
}

// Leaves the gradients of sum(weights * y) in the inputs; returns y.
std::vector<float> both_ways(const OpCase::Run& run, const std::vector<Tensor>& inputs,
                             const std::vector<float>& weights = {}) {
  for (const Tensor& t : inputs) t.clear_grad();
  const Tensor y = run(inputs);
  weighted_sum(y, weights.empty() ? loss_weights(y.size()) : weights).backward();
  return y.to_host();
}

// Takes the outputs out of the sum that are behind a ReLU's kink in one result only.
void drop_kinks(const std::vector<float>& a, const std::vector<float>& b, std::vector<float>& weights) {
  for (size_t i = 0; i < weights.size(); ++i) {
    if ((a[i] == 0) != (b[i] == 0)) weights[i] = 0;
  }
}

void move(const Tensor& x, const std::vector<float>& from, const std::vector<float>& direction, float step) {
  for (size_t i = 0; i < from.size(); ++i) x.data<float>()[i] = from[i] + step * direction[i];
}

// How far the loss moves along a direction against what the gradient says, in units of a typical move. The best of
// three step lengths: long ones bend, short ones drown in rounding.
double directional_error(const OpCase& c, const std::vector<Tensor>& inputs, size_t which,
                         const std::vector<float>& direction) {
  const Tensor& x = inputs[which];
  const std::vector<float> before(x.data<float>(), x.data<float>() + x.size());
  double best = std::numeric_limits<double>::infinity();
  for (const float step : {2e-2f, 4e-3f, 1e-3f}) {
    move(x, before, direction, step);
    const std::vector<float> high(x.data<float>(), x.data<float>() + x.size()), above = forward(c, inputs);
    move(x, before, direction, -step);
    const std::vector<float> low(x.data<float>(), x.data<float>() + x.size()), below = forward(c, inputs);
    std::copy(before.begin(), before.end(), x.data<float>());

    std::vector<float> weights = loss_weights(static_cast<int64_t>(above.size()));
    drop_kinks(above, below, weights);
    both_ways(c.run, inputs, weights);
    const std::vector<float> g = x.grad().to_host();
    double moved = 0, predicted = 0, length = 0, norm = 0;
    for (size_t i = 0; i < weights.size(); ++i) moved += weights[i] * (static_cast<double>(above[i]) - below[i]);
    for (size_t i = 0; i < g.size(); ++i) {
      const double d = static_cast<double>(high[i]) - low[i];
      predicted += g[i] * d, length += d * d, norm += static_cast<double>(g[i]) * g[i];
    }
    const double typical = std::sqrt(norm * length / static_cast<double>(g.size())) + 1e-4 * std::sqrt(length);
    const double error = std::abs(moved - predicted) / typical;
    if (error < best) best = error;
  }
  return best;
}

// Random directions see every element at once, single elements see what an average hides (corners, the last channel).
Difference finite_differences(const OpCase& c, const std::vector<Tensor>& inputs, size_t which) {
  const auto size = static_cast<size_t>(inputs[which].size());
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  Difference worst;
  const auto consider = [&](const std::vector<float>& direction, size_t at) {
    const double e = directional_error(c, inputs, which, direction);
    if (!(e <= worst.error)) worst = {std::isnan(e) ? std::numeric_limits<double>::infinity() : e, at};
  };
  for (int k = 0; k < 4; ++k) {
    std::vector<float> direction(size);
    for (float& d : direction) d = normal(random);
    consider(direction, size);
  }
  for (size_t k = 0; k < 8; ++k) {
    const size_t at = k == 0 ? 0 : k == 1 ? size - 1 : random() % size;
    std::vector<float> direction(size);
    direction[at] = 1;
    consider(direction, at);
  }
  return worst;
}

std::vector<HostMap> host_maps(const std::vector<Tensor>& inputs) {
  std::vector<HostMap> maps;
  for (const Tensor& t : inputs) {
    const std::vector<float> v = t.to_host();
    maps.push_back({t.shape(), {v.begin(), v.end()}});
  }
  return maps;
}

void check_against_oracles() {
  for (const OpCase& c : op_cases()) {
    if (c.inputs.empty()) continue;
    CAPTURE(c.name);
    const std::vector<Tensor> in = make_inputs(c.inputs, DType::f32);
    const std::vector<float> y = both_ways(c.run, in);
    if (c.oracle) judge(c, "f32 forward", compare(y, c.oracle(host_maps(in))), c.forward_tolerance);
    for (size_t i = 0; i < in.size(); ++i) {
      if (!in[i].requires_grad()) continue;
      REQUIRE_MESSAGE(in[i].grad().defined(), c.name, ": no gradient for input ", i);
      judge(c, cat("gradient of input ", i), finite_differences(c, in, i), c.gradient_tolerance);
    }
  }
}

void check_against_other_ops() {
  for (const OpCase& c : op_cases()) {
    if (c.inputs.empty() || !c.reference) continue;
    CAPTURE(c.name);
    const std::vector<Tensor> a = make_inputs(c.inputs, DType::f32), b = make_inputs(c.inputs, DType::f32);
    const std::vector<float> y = both_ways(c.run, a), expected = both_ways(c.reference, b);
    judge(c, "against other ops", compare(y, expected), c.forward_tolerance);
    for (size_t i = 0; i < a.size(); ++i) {
      judge(c, cat("against other ops, gradient ", i), compare(a[i].grad().to_host(), b[i].grad().to_host()),
            c.forward_tolerance);
    }
  }
}

void check_bf16() {
  for (const OpCase& c : op_cases()) {
    if (c.inputs.empty()) continue;
    CAPTURE(c.name);
    const std::vector<Tensor> a = make_inputs(c.inputs, DType::bf16, Values::in_bf16);
    const std::vector<Tensor> b = make_inputs(c.inputs, DType::f32, Values::in_bf16);
    const std::vector<float> y = forward(c, a), expected = forward(c, b);
    judge(c, "bf16 forward", compare(y, expected), c.bf16_tolerance);
    std::vector<float> weights = loss_weights(static_cast<int64_t>(y.size()));
    drop_kinks(y, expected, weights);
    both_ways(c.run, a, weights);
    both_ways(c.run, b, weights);
    for (size_t i = 0; i < a.size(); ++i) {
      if (!a[i].requires_grad()) continue;
      judge(c, cat("bf16 gradient of input ", i), compare(a[i].grad().to_host(), b[i].grad().to_host()),
            c.bf16_tolerance);
    }
  }
}

}  // namespace

TEST_CASE("f32 against the oracle, gradients against finite differences") { at_every_level(check_against_oracles); }
TEST_CASE("f32 against the same made of other ops") { at_every_level(check_against_other_ops); }
TEST_CASE("bf16 against f32") { at_every_level(check_bf16); }
