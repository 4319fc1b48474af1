// Sum of squares of an array, for gradient clipping. Defined in cpu/sum_of_squares.cpp and cuda/sum_of_squares.cu.
#pragma once

#include "kernels/base.h"

namespace ppl {

// result: one f64 in device memory. The same whatever the number of threads.
void sum_of_squares(CpuContext&, int64_t n, const float* x, double* result);
void sum_of_squares(CudaContext&, int64_t n, const float* x, double* result);

}  // namespace ppl
