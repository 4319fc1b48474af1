// In place of conv_cudnn.cpp where cuDNN is missing, and under emulation: conv.cu takes the plain algorithm.
#include "kernels/cuda/conv_impl.h"

namespace ppl::cuda_conv_library {
namespace {

[[noreturn]] void refuse() { throw Error("this build has no cuDNN"); }

}  // namespace

bool available() { return false; }

template <class T>
void forward(CudaContext&, const Conv&, const T*, const T*, T*) {
  refuse();
}
template <class T>
void backward_data(CudaContext&, const Conv&, const T*, const T*, T*) {
  refuse();
}
template <class T>
void backward_weights(CudaContext&, const Conv&, const T*, const T*, float*) {
  refuse();
}

#define PPL_INSTANTIATE(T)                                                        \
  template void forward(CudaContext&, const Conv&, const T*, const T*, T*);       \
  template void backward_data(CudaContext&, const Conv&, const T*, const T*, T*); \
  template void backward_weights(CudaContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::cuda_conv_library
