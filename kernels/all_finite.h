// Whether every element of an array is a finite number: 4 bytes an element. Defined in cpu/all_finite.cpp and
// cuda/all_finite.cu.
#pragma once

#include "kernels/base.h"

namespace ppl {

// result: one f32 in device memory, 1 or 0.
void all_finite(CpuContext&, int64_t n, const float* x, float* result);
void all_finite(CudaContext&, int64_t n, const float* x, float* result);

}  // namespace ppl
