#include "models/training/moving_average.h"

#include <algorithm>

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "kernels/lerp.h"

namespace ppl {

MovingAverage::MovingAverage(const Arena& arena, const Module& module, double decay) : decay_(decay) {
  PPL_CHECK(decay > 0 && decay < 1, "moving average: decay ", decay, "; expected a number between 0 and 1");
  pairs_.push_back({"parameters", arena.values, {}});
  for (const Module::Entry& e : module.entries()) {
    if (e.trainable) {
      parameters_.push_back(e.tensor);
    } else {
      pairs_.push_back({e.name, e.tensor, {}});
    }
  }
  for (Pair& p : pairs_) {
    p.average = Tensor::empty(p.value.shape(), DType::f32, p.value.device());
    copy_into(p.average, p.value);
  }
}

void MovingAverage::update(int64_t step) {
  const auto t = static_cast<double>(step);
  const auto share = static_cast<float>(1 - std::min(decay_, t / (t + 9)));
  for (const Pair& p : pairs_)
    on(p.value.device(),
       [&](auto& ctx) { lerp(ctx, p.value.size(), share, p.value.data<float>(), p.average.data<float>()); });
}

void MovingAverage::exchange() {
  for (const Pair& p : pairs_) {
    const Tensor kept = Tensor::empty(p.value.shape(), DType::f32, p.value.device());
    copy_into(kept, p.value);
    copy_into(p.value, p.average);
    copy_into(p.average, kept);
    p.value.touch();
  }
  for (const Tensor& t : parameters_) t.touch();
}

std::map<std::string, Tensor> MovingAverage::state() const {
  std::map<std::string, Tensor> all;
  for (const Pair& p : pairs_) all[p.name] = p.average;
  return all;
}

}  // namespace ppl
