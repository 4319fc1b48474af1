#include "kernels/bias_relu.h"

#include "kernels/cuda/channels.h"
#include "kernels/relu.h"

namespace ppl {
namespace {

template <class T>
struct MaskedSum {
  const T *dy, *y;
  T* dz;

  template <int N>
  __device__ Pack<N> constants(int) const {
    return {};
  }
  template <int N>
  __device__ void add(MapVector m, const Pack<N>&, float (&sums)[1][N]) const {
    Pack<N> d = load<N>(dy + m.at);
    if (y) {
      const Pack<N> result = load<N>(y + m.at);
      for (int j = 0; j < N; ++j) d.v[j] = result.v[j] > 0 ? d.v[j] : 0;
      store(dz + m.at, d);
    }
    for (int j = 0; j < N; ++j) sums[0][j] += d.v[j];
  }
};

struct FinishBias {
  float* dbias;

  __device__ void operator()(int c, const double (&sums)[1]) const { dbias[c] = static_cast<float>(sums[0]); }
};

}  // namespace

template <class T>
void bias_relu_backward(CudaContext& ctx, int64_t pixels, int64_t channels, const T* dy, const T* y, T* dz,
                        float* dbias) {
  if (!dbias) {
    if (y) relu_backward(ctx, pixels * channels, dy, y, dz);
    return;
  }
  with_width<T>(channels, is_wide(dy) && is_wide(y) && is_wide(dz), [&](auto width) {
    channel_sums<1, width>(ctx, pixels, channels, MaskedSum<T>{dy, y, dz}, FinishBias{dbias});
  });
}

template void bias_relu_backward(CudaContext&, int64_t, int64_t, const float*, const float*, float*, float*);
template void bias_relu_backward(CudaContext&, int64_t, int64_t, const bf16*, const bf16*, bf16*, float*);

}  // namespace ppl
