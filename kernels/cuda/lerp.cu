#include "kernels/lerp.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

struct Lerp {
  float share;
  const float* x;
  float* y;

  template <int N>
  __device__ void run(int64_t i) const {
    const Pack<N> from = load<N>(x + i);
    Pack<N> to = load<N>(y + i);
    for (int j = 0; j < N; ++j) to.v[j] += product(share, from.v[j] - to.v[j]);
    store(y + i, to);
  }
};

}  // namespace

void lerp(CudaContext& ctx, int64_t n, float share, const float* x, float* y) {
  for_elements<4>(ctx, n, is_wide(x) && is_wide(y), Lerp{share, x, y});
}

}  // namespace ppl
