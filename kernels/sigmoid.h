// y = 1 / (1 + exp(-x)), and its gradient from the result. Defined in cpu/sigmoid.cpp and cuda/sigmoid.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

template <class T>
void sigmoid(CpuContext&, int64_t n, const T* x, T* y);
template <class T>
void sigmoid(CudaContext&, int64_t n, const T* x, T* y);

// dx = dy y (1 - y)
template <class T>
void sigmoid_backward(CpuContext&, int64_t n, const T* dy, const T* y, T* dx);
template <class T>
void sigmoid_backward(CudaContext&, int64_t n, const T* dy, const T* y, T* dx);

}  // namespace ppl
