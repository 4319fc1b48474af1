// The factor that clips a gradient's norm, as PyTorch's clip_grad_norm_. Defined in cpu/clip.cpp and cuda/clip.cu.
#pragma once

#include "kernels/base.h"

namespace ppl {

// factor = min(1, limit / (sqrt(squares) + 1e-6)); squares (f64) and factor (f32) in device memory.
void clip(CpuContext&, double limit, const double* squares, float* factor);
void clip(CudaContext&, double limit, const double* squares, float* factor);

}  // namespace ppl
