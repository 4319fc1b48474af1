// y = a + b; y may be a or b. Defined in cpu/add.cpp and cuda/add.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

template <class T>
void add(CpuContext&, int64_t n, const T* a, const T* b, T* y);
template <class T>
void add(CudaContext&, int64_t n, const T* a, const T* b, T* y);

}  // namespace ppl
