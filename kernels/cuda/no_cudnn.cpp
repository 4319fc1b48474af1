// In place of conv_cudnn.cpp where cuDNN is missing, and under emulation: conv.cu takes the plain algorithm.
#include "kernels/cuda/conv_impl.h"

namespace ppl::cuda_conv_library {

template <class T>
bool forward(CudaContext&, const Conv&, const T*, const T*, T*) {
  return false;
}
template <class T>
bool backward_data(CudaContext&, const Conv&, const T*, const T*, T*) {
  return false;
}
template <class T>
bool backward_weights(CudaContext&, const Conv&, const T*, const T*, float*) {
  return false;
}

#define PPL_INSTANTIATE(T)                                                        \
  template bool forward(CudaContext&, const Conv&, const T*, const T*, T*);       \
  template bool backward_data(CudaContext&, const Conv&, const T*, const T*, T*); \
  template bool backward_weights(CudaContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::cuda_conv_library
