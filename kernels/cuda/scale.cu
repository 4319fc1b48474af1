#include "kernels/scale.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <class T>
struct Scale {
  const float* factor;
  const T* x;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    const float f = *factor;
    if (f == 1 && x == y) return;
    Pack<N> v = load<N>(x + i);
    for (int j = 0; j < N; ++j) v.v[j] *= f;
    store(y + i, v);
  }
};

}  // namespace

template <class T>
void scale(CudaContext& ctx, int64_t n, const float* factor, const T* x, T* y) {
  for_elements<kWide<T>>(ctx, n, is_wide(x) && is_wide(y), Scale<T>{factor, x, y});
}

template void scale(CudaContext&, int64_t, const float*, const float*, float*);
template void scale(CudaContext&, int64_t, const float*, const bf16*, bf16*);

}  // namespace ppl
