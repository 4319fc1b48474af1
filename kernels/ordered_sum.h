// Sums of several arrays in their order, whoever computes them: the same bits on every rank. Defined in
// cpu/ordered_sum.cpp and cuda/ordered_sum.cu. Least traffic, and what is moved: reads all, writes one.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// y[i] = 0 + x[i] + x[n + i] + ..: `parts` arrays of n elements, one after the other. Added in f32, rounded once.
// The CPU's runs on the calling thread alone.
template <class T>
void ordered_sum(CpuContext&, int64_t n, int parts, const T* x, T* y);
template <class T>
void ordered_sum(CudaContext&, int64_t n, int parts, const T* x, T* y);

}  // namespace ppl
