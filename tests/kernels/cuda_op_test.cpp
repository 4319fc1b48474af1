// Every case of tests/ops on Device::cuda against the CPU: values and gradients, f32 and bf16. Results must not depend
// on the order in which threads run, to the bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>

#include "kernels/conv_runs.h"
#include "kernels/cuda/device.h"
#include "tests/support/compare.h"
#include "tests/support/device/thread_orders.h"
#include "tests/support/op_case.h"

using namespace ppl;

namespace {

// Both sides compute in f32 and sum in different orders; bf16 results are then rounded once, now and then to the other
// side.
constexpr double kTolerance = 2e-6, kBf16Tolerance = 4e-3;
// A gradient of one element is a sum whose terms may nearly cancel, without others to measure the error by.
constexpr double kSumTolerance = 1e-4;

// The result, then the gradients of the inputs that have one.
std::vector<std::vector<float>> results(const OpCase& c, const OpCase::Run& run, DType dtype, Device device) {
  const std::vector<Tensor> in = make_inputs(c.inputs, dtype, Values::in_bf16, device);
  const Tensor y = run(in);
  weighted_sum(y, loss_weights(y.size())).backward();
  std::vector<std::vector<float>> all{y.to_host()};
  for (const Tensor& t : in)
    if (t.requires_grad()) all.push_back(t.grad().to_host());
  return all;
}

void judge(const std::string& name, const std::string& what, const std::vector<std::vector<float>>& got,
           const std::vector<std::vector<float>>& expected, double tolerance) {
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    const Difference d = compare(got[i], expected[i]);
    const double allowed = i > 0 && got[i].size() == 1 ? std::max(tolerance, kSumTolerance) : tolerance;
    const std::string part = i == 0 ? "result" : cat("gradient ", i - 1);
    std::printf("%-52s %-4s %-12s %.1e  %3.0f %% of tolerance, worst at %zu\n", name.c_str(), what.c_str(),
                part.c_str(), d.error, 100 * d.error / allowed, d.worst);
    CHECK_MESSAGE(d.error <= allowed, name, ", ", what, ", ", part, ": error ", d.error, " above ", allowed,
                  ", worst element ", d.worst);
  }
}

void check_case(const OpCase& c, const OpCase::Run& run, const std::string& name) {
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const auto expected = results(c, run, dtype, Device::cpu);
    std::vector<std::vector<float>> first;
    for_thread_orders([&](const std::string& order) {
      CAPTURE(order);
      const auto got = results(c, run, dtype, Device::cuda);
      if (first.empty()) {
        judge(name, ppl::name(dtype), got, expected, dtype == DType::f32 ? kTolerance : kBf16Tolerance);
        first = got;
      }
      CHECK_MESSAGE(got == first, name, ": the result depends on the order of the threads");
    });
  }
}

// One case that throws hides no other.
void attempt(const OpCase& c, const OpCase::Run& run, const std::string& name) {
  CAPTURE(name);
  try {
    check_case(c, run, name);
  } catch (const std::exception& e) {
    std::printf("%-52s threw: %s\n", name.c_str(), e.what());
    FAIL_CHECK(name, " threw: ", e.what());
  }
}

}  // namespace

TEST_CASE("ops on CUDA are those of the CPU") {
  if (const std::string problem = cuda_problem(); !problem.empty()) {
    std::printf("skipped: %s\n", problem.c_str());
    return;
  }
  std::printf("on %s\n", cuda_device_name().c_str());
  for (const OpCase& c : op_cases()) {
    if (c.inputs.empty()) continue;
    attempt(c, c.run, c.name);
    if (c.reference) attempt(c, c.reference, c.name + ", of other ops");
  }
  std::printf("%s", conv_table(conv_runs()).c_str());
}
