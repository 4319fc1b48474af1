#include "kernels/sigmoid.h"

#include "kernels/cpu/map_loop.h"
#include "kernels/cpu/vec_math.h"

namespace ppl {

template <class T>
void sigmoid(CpuContext&, int64_t n, const T* x, T* y) {
  for_elements(n, [&](int64_t i, auto lanes) { store(y + i, sigmoid(load(x + i, lanes)), lanes); });
}

template <class T>
void sigmoid_backward(CpuContext&, int64_t n, const T* dy, const T* y, T* dx) {
  for_elements(n, [&](int64_t i, auto lanes) {
    const Vec p = load(y + i, lanes);
    store(dx + i, load(dy + i, lanes) * p * (1.0f - p), lanes);
  });
}

#define PPL_INSTANTIATE(T)                                   \
  template void sigmoid(CpuContext&, int64_t, const T*, T*); \
  template void sigmoid_backward(CpuContext&, int64_t, const T*, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
