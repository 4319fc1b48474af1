#include "kernels/cast.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <class From, class To>
struct Cast {
  const From* x;
  To* y;

  template <int N>
  __device__ void run(int64_t i) const {
    store(y + i, load<N>(x + i));
  }
};

}  // namespace

template <class From, class To>
void cast(CudaContext& ctx, int64_t n, const From* x, To* y) {
  if constexpr (std::is_same_v<From, To>)
    PPL_CUDA(cudaMemcpyAsync(y, x, static_cast<size_t>(n) * sizeof(To), cudaMemcpyDeviceToDevice, ctx.stream));
  else
    for_elements<8>(ctx, n, is_wide(x) && is_wide(y), Cast<From, To>{x, y});
}

template void cast(CudaContext&, int64_t, const float*, float*);
template void cast(CudaContext&, int64_t, const float*, bf16*);
template void cast(CudaContext&, int64_t, const bf16*, float*);
template void cast(CudaContext&, int64_t, const bf16*, bf16*);
template void cast(CudaContext&, int64_t, const uint8_t*, uint8_t*);

}  // namespace ppl
