#include "kernels/fill.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <class T>
struct Fill {
  T value;
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    Vec16<T, N> all;
    for (int j = 0; j < N; ++j) all.v[j] = value;
    *reinterpret_cast<Vec16<T, N>*>(y + i) = all;
  }
};

}  // namespace

template <class T>
void fill(CudaContext& ctx, int64_t n, T value, T* y) {
  for_elements<kWide<T>>(ctx, n, is_wide(y), Fill<T>{value, y});
}

template void fill(CudaContext&, int64_t, float, float*);
template void fill(CudaContext&, int64_t, bf16, bf16*);
template void fill(CudaContext&, int64_t, uint8_t, uint8_t*);

}  // namespace ppl
