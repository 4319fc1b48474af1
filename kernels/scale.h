// y = factor x, the factor in device memory; y may be x. Defined in cpu/scale.cpp and cuda/scale.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

template <class T>
void scale(CpuContext&, int64_t n, const float* factor, const T* x, T* y);
template <class T>
void scale(CudaContext&, int64_t n, const float* factor, const T* x, T* y);

}  // namespace ppl
