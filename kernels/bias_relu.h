// The way back through relu(z + bias) behind a convolution. Defined in cpu/bias_relu.cpp and cuda/bias_relu.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// Maps [pixels, channels]. dz = dy where y > 0 (y null: no ReLU, dz is dy and not written); dbias [channels] = sum of
// dz over pixels (null: not wanted). Moves dy, y and dz once.
template <class T>
void bias_relu_backward(CpuContext&, int64_t pixels, int64_t channels, const T* dy, const T* y, T* dz, float* dbias);
template <class T>
void bias_relu_backward(CudaContext&, int64_t pixels, int64_t channels, const T* dy, const T* y, T* dz, float* dbias);

}  // namespace ppl
