#include "kernels/relu.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

template <class T>
void relu(CpuContext&, int64_t n, const T* x, T* y) {
  for_elements(n, [&](int64_t i, auto lanes) { store(y + i, relu(load(x + i, lanes)), lanes); });
}

template <class T>
void relu_backward(CpuContext&, int64_t n, const T* dy, const T* y, T* dx) {
  for_elements(n, [&](int64_t i, auto lanes) {
    store(dx + i, load(y + i, lanes) > Vec{} ? load(dy + i, lanes) : Vec{}, lanes);
  });
}

#define PPL_INSTANTIATE(T)                                \
  template void relu(CpuContext&, int64_t, const T*, T*); \
  template void relu_backward(CpuContext&, int64_t, const T*, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
