// Channels of one map copied between a wide map and a narrow one. Defined in cpu/concat.cpp and cuda/concat.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// For each of the pixels, channels elements from x[p * x_stride] to y[p * y_stride].
template <class T>
void copy_channels(CpuContext&, int64_t pixels, int64_t channels, const T* x, int64_t x_stride, T* y, int64_t y_stride);
template <class T>
void copy_channels(CudaContext&, int64_t pixels, int64_t channels, const T* x, int64_t x_stride, T* y,
                   int64_t y_stride);

}  // namespace ppl
