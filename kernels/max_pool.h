// Max pooling over NHWC. Defined in cpu/max_pool.cpp and cuda/max_pool.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

struct MaxPool {
  int n, h, w, c;  // input
  int oh, ow;      // output
  int window, stride, pad;
};

// where[i] = row * window + column inside the window that y[i] came from: the first of equal ones. window <= 15, so
// that it fits; pad < window, so that no window is empty. Moves x, y and one byte per output.
template <class T>
void max_pool_forward(CpuContext&, const MaxPool&, const T* x, T* y, uint8_t* where);
template <class T>
void max_pool_forward(CudaContext&, const MaxPool&, const T* x, T* y, uint8_t* where);

// Each input gathers from the windows over it: no zeroing, no order of additions that depends on threads.
template <class T>
void max_pool_backward(CpuContext&, const MaxPool&, const T* dy, const uint8_t* where, T* dx);
template <class T>
void max_pool_backward(CudaContext&, const MaxPool&, const T* dy, const uint8_t* where, T* dx);

}  // namespace ppl
