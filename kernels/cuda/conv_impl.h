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

// To one channel, of stride 1 and a 2x2 or 3x3 window.
namespace cuda_conv_narrow {
bool serves(const Conv&);
template <class T>
void forward(CudaContext&, const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y);
template <class T>
void backward_data(CudaContext&, const Conv&, const T* dy, const T* w, const Epilogue<T>&, T* dx);
template <class T>
void backward_weights(CudaContext&, const Conv&, const T* x, const T* dy, float* dw);
}  // namespace cuda_conv_narrow

}  // namespace ppl
