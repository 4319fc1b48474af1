// In place of conv_onednn.cpp where oneDNN is missing: the direct algorithm is the plain loops.
#include "kernels/cpu/conv_impl.h"

namespace ppl::conv_direct {

bool available() { return false; }
bool uses_amx() { return false; }
bool depends_on_threads(ConvKind, const Conv&) { return false; }

template <class T>
void forward(CpuContext&, const Conv& p, const T* x, const T* w, const Epilogue<T>& e, T* y, PackedWeights*) {
  conv_plain::forward(p, x, w, e, y);
}
template <class T>
void backward_data(CpuContext&, const Conv& p, const T* dy, const T* w, const Epilogue<T>& e, T* dx, PackedWeights*) {
  conv_plain::backward_data(p, dy, w, e, dx);
}
template <class T>
void backward_weights(CpuContext&, const Conv& p, const T* x, const T* dy, float* dw) {
  conv_plain::backward_weights(p, x, dy, dw);
}

#define PPL_INSTANTIATE(T)                                                                                           \
  template void forward(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*);       \
  template void backward_data(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*); \
  template void backward_weights(CpuContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::conv_direct
