// y = max(x, 0), and its gradient from the result. Defined in cpu/relu.cpp and cuda/relu.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

template <class T>
void relu(CpuContext&, int64_t n, const T* x, T* y);
template <class T>
void relu(CudaContext&, int64_t n, const T* x, T* y);

// dx = dy where y > 0, else 0.
template <class T>
void relu_backward(CpuContext&, int64_t n, const T* dy, const T* y, T* dx);
template <class T>
void relu_backward(CudaContext&, int64_t n, const T* dy, const T* y, T* dx);

}  // namespace ppl
