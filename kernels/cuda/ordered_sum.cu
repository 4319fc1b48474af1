#include "kernels/ordered_sum.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <class T>
struct OrderedSum {
  int64_t n;
  int parts;
  const T* x;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    Pack<N> sum{};
    for (int p = 0; p < parts; ++p) {
      const Pack<N> part = load<N>(x + p * n + i);
      for (int j = 0; j < N; ++j) sum.v[j] += part.v[j];
    }
    store(y + i, sum);
  }
};

}  // namespace

template <class T>
void ordered_sum(CudaContext& ctx, int64_t n, int parts, const T* x, T* y) {
  const bool wide = is_wide(x) && is_wide(y) && (parts == 1 || n % kWide<T> == 0);
  for_elements<kWide<T>>(ctx, n, wide, OrderedSum<T>{n, parts, x, y});
}

template void ordered_sum(CudaContext&, int64_t, int, const float*, float*);
template void ordered_sum(CudaContext&, int64_t, int, const bf16*, bf16*);

}  // namespace ppl
