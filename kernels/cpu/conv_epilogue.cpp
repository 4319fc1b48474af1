#include "kernels/cpu/conv_epilogue.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

template <class T>
void conv_epilogue(CpuContext& ctx, const Epilogue<T>& e, int64_t rows, int64_t c, T* out) {
  if (!e.bias && !e.residual && !e.relu) return;
  const int64_t period = channel_period(c);
  float* bias = ctx.scratch<float>(CpuSlot::channels, static_cast<size_t>(period));
  repeat_channels(c, period, bias, [&](int64_t i) { return e.bias ? e.bias[i] : 0.0f; });
  for_channels(
      rows * c, period, [=](int64_t j) { return load(bias + j); },
      [=](int64_t i, auto lanes, Vec b) {
        Vec v = load(out + i, lanes) + b;
        if (e.residual) v += load(e.residual + i, lanes);
        store(out + i, e.relu ? relu(v) : v, lanes);
      });
}

template void conv_epilogue(CpuContext&, const Epilogue<float>&, int64_t, int64_t, float*);
template void conv_epilogue(CpuContext&, const Epilogue<bf16>&, int64_t, int64_t, bf16*);

}  // namespace ppl
