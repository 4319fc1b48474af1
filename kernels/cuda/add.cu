#include "kernels/add.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <class T>
struct Add {
  const T *a, *b;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    Pack<N> sum = load<N>(a + i);
    const Pack<N> other = load<N>(b + i);
    for (int j = 0; j < N; ++j) sum.v[j] += other.v[j];
    store(y + i, sum);
  }
};

}  // namespace

template <class T>
void add(CudaContext& ctx, int64_t n, const T* a, const T* b, T* y) {
  for_elements<kWide<T>>(ctx, n, is_wide(a) && is_wide(b) && is_wide(y), Add<T>{a, b, y});
}

template void add(CudaContext&, int64_t, const float*, const float*, float*);
template void add(CudaContext&, int64_t, const bf16*, const bf16*, bf16*);

}  // namespace ppl
