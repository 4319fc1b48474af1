// Moves an array part of the way to another: 12 bytes an element. Defined in cpu/lerp.cpp and cuda/lerp.cu.
#pragma once

#include "kernels/base.h"

namespace ppl {

// y += share (x - y)
void lerp(CpuContext&, int64_t n, float share, const float* x, float* y);
void lerp(CudaContext&, int64_t n, float share, const float* x, float* y);

}  // namespace ppl
