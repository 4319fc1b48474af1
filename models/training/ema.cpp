#include "models/training/ema.h"

#include <algorithm>

#include "engine/dispatch.h"
#include "engine/ops.h"
#include "kernels/lerp.h"

namespace ppl {

Ema::Ema(const Arena& arena, const Module& module, double decay)
    : arena_(arena),
      decay_(decay),
      values_(Tensor::empty(arena.values.shape(), DType::f32, arena.values.device())),
      buffers_(Tensor::zeros(arena.buffers.shape(), DType::f32, arena.buffers.device())) {
  PPL_CHECK(decay > 0 && decay < 1, "moving average: decay ", decay, "; expected a number between 0 and 1");
  by_name_["parameters"] = values_;
  size_t at = 0;
  for (const Module::Entry& e : module.entries()) {
    if (e.trainable) continue;
    const Tensor average = Tensor::zeros(e.tensor.shape(), DType::f32, buffers_.device());
    average.use_memory(buffers_, arena.buffer_slices()[at++].offset);
    by_name_[e.name] = average;
  }
  copy_into(values_, arena.values);
  copy_into(buffers_, arena.buffers);
}

void Ema::update(int64_t step) {
  const auto t = static_cast<double>(step);
  const auto share = static_cast<float>(1 - std::min(decay_, t / (t + 9)));
  on(values_.device(), [&](auto& ctx) {
    lerp(ctx, values_.size(), share, arena_.values.data<float>(), values_.data<float>());
    lerp(ctx, buffers_.size(), share, arena_.buffers.data<float>(), buffers_.data<float>());
  });
}

void Ema::exchange() {
  const auto swap = [](const Tensor& value, const Tensor& average) {
    const Tensor kept = Tensor::empty(value.shape(), DType::f32, value.device());
    copy_into(kept, value);
    copy_into(value, average);
    copy_into(average, kept);
  };
  swap(arena_.values, values_);
  swap(arena_.buffers, buffers_);
  arena_.touch();
  arena_.touch_buffers();
}

std::map<std::string, Tensor> Ema::state() const { return by_name_; }

}  // namespace ppl
