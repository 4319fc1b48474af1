// Every element one value. Defined in cpu/fill.cpp and cuda/fill.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

template <class T>
void fill(CpuContext&, int64_t n, T value, T* y);
template <class T>
void fill(CudaContext&, int64_t n, T value, T* y);

}  // namespace ppl
