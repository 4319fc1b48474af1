#include "kernels/clip.h"

#include "kernels/cuda/launch.h"

namespace ppl {
namespace {

__global__ void clip_kernel(double limit, const double* squares, float* factor) {
  const double share = limit / (sqrt(*squares) + 1e-6);
  *factor = static_cast<float>(share < 1 ? share : 1);
}

}  // namespace

void clip(CudaContext& ctx, double limit, const double* squares, float* factor) {
  launch(clip_kernel, {1, 1}, ctx.stream, limit, squares, factor);
}

}  // namespace ppl
