// The algorithms behind kernels/conv.h on CUDA. conv.cu chooses between them.
#pragma once

#include "kernels/conv.h"
#include "kernels/cuda/context.h"

namespace ppl {

// Gathered matrix products (gather_product.h).
namespace cuda_conv_plain {
template <class T>
void forward(CudaContext&, const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y);
template <class T>
void backward_data(CudaContext&, const Conv&, const T* dy, const T* w, const Epilogue<T>&, T* dx);
template <class T>
void backward_weights(CudaContext&, const Conv&, const T* x, const T* dy, float* dw);
}  // namespace cuda_conv_plain

// cuDNN (conv_cudnn.cpp), without epilogues. False, and nothing done, where it has no algorithm for the shape or is
// missing (no_cudnn.cpp).
namespace cuda_conv_library {
template <class T>
bool forward(CudaContext&, const Conv&, const T* x, const T* w, T* y);
template <class T>
bool backward_data(CudaContext&, const Conv&, const T* dy, const T* w, T* dx);
template <class T>
bool backward_weights(CudaContext&, const Conv&, const T* x, const T* dy, float* dw);
}  // namespace cuda_conv_library

}  // namespace ppl
