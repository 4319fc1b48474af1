#include "kernels/sum_of_squares.h"

#include "kernels/cuda/channels.h"

namespace ppl {
namespace {

constexpr int kBlocks = 1024;  // fixed, so that the result does not depend on the device

// The sum over a block's threads, for the first of them.
PPL_DEVICE double block_sum(double v) {
  __shared__ double all[kThreads];
  all[threadIdx.x] = v;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) all[threadIdx.x] += all[threadIdx.x + half];
  }
  return all[0];
}

__global__ void __launch_bounds__(kThreads) squares_kernel(int64_t n, bool wide, const float* x, double* partial) {
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads, whole = wide ? n / 4 : 0;
  float sum = 0;
  for (int64_t i = first; i < whole; i += step) {
    const Pack<4> v = load<4>(x + 4 * i);
    for (int j = 0; j < 4; ++j) sum += v.v[j] * v.v[j];
  }
  for (int64_t i = 4 * whole + first; i < n; i += step) sum += x[i] * x[i];
  const double total = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

__global__ void __launch_bounds__(kThreads) join_squares_kernel(int64_t blocks, const double* partial, double* result) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < blocks; i += kThreads) sum += partial[i];
  const double total = block_sum(sum);
  if (threadIdx.x == 0) *result = total;
}

}  // namespace

void sum_of_squares(CudaContext& ctx, int64_t n, const float* x, double* result) {
  const int64_t needed = ceil_div(n, 4 * kThreads), blocks = needed < 1 ? 1 : needed < kBlocks ? needed : kBlocks;
  double* partial = ctx.scratch<double>(slot_partial, kBlocks);
  launch(squares_kernel, {blocks_of(blocks), kThreads}, ctx.stream, n, is_wide(x), x, partial);
  launch(join_squares_kernel, {1, kThreads}, ctx.stream, blocks, partial, result);
}

}  // namespace ppl
