// One block: the arrays asked about are running statistics, tens of thousands of numbers.
#include "kernels/all_finite.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

constexpr int kWidth = 1024;  // threads

// 0, else not a number: v - v is not a number where v is not finite.
PPL_DEVICE float defect(float v) { return v - v; }

__global__ void __launch_bounds__(kWidth) all_finite_kernel(int64_t n, bool wide, const float* x, float* result) {
  __shared__ float all[kWidth];
  const int64_t whole = wide ? n / 4 : 0;
  float sum = 0;
  for (int64_t i = threadIdx.x; i < whole; i += kWidth) {
    const Pack<4> v = load<4>(x + 4 * i);
    for (int j = 0; j < 4; ++j) sum += defect(v.v[j]);
  }
  for (int64_t i = 4 * whole + threadIdx.x; i < n; i += kWidth) sum += defect(x[i]);
  all[threadIdx.x] = sum;
  for (int half = kWidth / 2; half > 0; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) all[threadIdx.x] += all[threadIdx.x + half];
  }
  if (threadIdx.x == 0) *result = all[0] == 0 ? 1 : 0;
}

}  // namespace

void all_finite(CudaContext& ctx, int64_t n, const float* x, float* result) {
  launch(all_finite_kernel, {1, kWidth}, ctx.stream, n, is_wide(x), x, result);
}

}  // namespace ppl
