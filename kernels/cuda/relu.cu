#include "kernels/relu.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <class T>
struct Relu {
  const T* x;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    Pack<N> v = load<N>(x + i);
    for (int j = 0; j < N; ++j) v.v[j] = v.v[j] < 0 ? 0 : v.v[j];  // keeps NaN
    store(y + i, v);
  }
};

template <class T>
struct ReluBackward {
  const T *dy, *y;
  T* dx;

  template <int N>
  __device__ void run(int64_t i) const {
    Pack<N> d = load<N>(dy + i);
    const Pack<N> result = load<N>(y + i);
    for (int j = 0; j < N; ++j) d.v[j] = result.v[j] > 0 ? d.v[j] : 0;
    store(dx + i, d);
  }
};

}  // namespace

template <class T>
void relu(CudaContext& ctx, int64_t n, const T* x, T* y) {
  for_elements<kWide<T>>(ctx, n, is_wide(x) && is_wide(y), Relu<T>{x, y});
}

template <class T>
void relu_backward(CudaContext& ctx, int64_t n, const T* dy, const T* y, T* dx) {
  for_elements<kWide<T>>(ctx, n, is_wide(dy) && is_wide(y) && is_wide(dx), ReluBackward<T>{dy, y, dx});
}

#define PPL_INSTANTIATE(T)                                 \
  template void relu(CudaContext&, int64_t, const T*, T*); \
  template void relu_backward(CudaContext&, int64_t, const T*, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
