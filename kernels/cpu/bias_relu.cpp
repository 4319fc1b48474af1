#include "kernels/bias_relu.h"

#include "kernels/cpu/map_loop.h"
#include "kernels/relu.h"

namespace ppl {

template <class T>
void bias_relu_backward(CpuContext& ctx, int64_t pixels, int64_t channels, const T* dy, const T* y, T* dz,
                        float* dbias) {
  const int64_t n = pixels * channels;
  if (!dbias) {
    if (y) relu_backward(ctx, n, dy, y, dz);
    return;
  }
  std::vector<double> sums(static_cast<size_t>(channels));
  if (y) {
    const auto masked = [&](int64_t i, int64_t, auto lanes, Vec(&acc)[1]) {
      const Vec d = load(y + i, lanes) > Vec{} ? load(dy + i, lanes) : Vec{};
      store(dz + i, d, lanes);
      acc[0] += d;
    };
    channel_sums<1>(ctx, n, channels, masked, sums.data());
  } else {
    const auto plain = [&](int64_t i, int64_t, auto lanes, Vec(&acc)[1]) { acc[0] += load(dy + i, lanes); };
    channel_sums<1>(ctx, n, channels, plain, sums.data());
  }
  std::copy(sums.begin(), sums.end(), dbias);
}

template void bias_relu_backward(CpuContext&, int64_t, int64_t, const float*, const float*, float*, float*);
template void bias_relu_backward(CpuContext&, int64_t, int64_t, const bf16*, const bf16*, bf16*, float*);

}  // namespace ppl
