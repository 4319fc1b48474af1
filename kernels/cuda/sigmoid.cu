#include "kernels/sigmoid.h"

#include "kernels/cuda/elementwise.h"
#include "kernels/cuda/math.h"

namespace ppl {
namespace {

template <class T>
struct Sigmoid {
  const T* x;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    Pack<N> v = load<N>(x + i);
    for (int j = 0; j < N; ++j) v.v[j] = sigmoid_of(v.v[j]);
    store(y + i, v);
  }
};

template <class T>
struct SigmoidBackward {
  const T *dy, *y;
  T* dx;

  template <int N>
  __device__ void run(int64_t i) const {
    Pack<N> d = load<N>(dy + i);
    const Pack<N> p = load<N>(y + i);
    for (int j = 0; j < N; ++j) d.v[j] *= p.v[j] * (1 - p.v[j]);
    store(dx + i, d);
  }
};

}  // namespace

template <class T>
void sigmoid(CudaContext& ctx, int64_t n, const T* x, T* y) {
  for_elements<kWide<T>>(ctx, n, is_wide(x) && is_wide(y), Sigmoid<T>{x, y});
}

template <class T>
void sigmoid_backward(CudaContext& ctx, int64_t n, const T* dy, const T* y, T* dx) {
  for_elements<kWide<T>>(ctx, n, is_wide(dy) && is_wide(y) && is_wide(dx), SigmoidBackward<T>{dy, y, dx});
}

#define PPL_INSTANTIATE(T)                                    \
  template void sigmoid(CudaContext&, int64_t, const T*, T*); \
  template void sigmoid_backward(CudaContext&, int64_t, const T*, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
