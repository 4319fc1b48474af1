#include "kernels/scale.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

template <class T>
void scale(CpuContext&, int64_t n, const float* factor, const T* x, T* y) {
  const float f = *factor;
  if (f == 1 && x == y) return;
  for_elements(n, [&](int64_t i, auto lanes) { store(y + i, f * load(x + i, lanes), lanes); });
}

template void scale(CpuContext&, int64_t, const float*, const float*, float*);
template void scale(CpuContext&, int64_t, const float*, const bf16*, bf16*);

}  // namespace ppl
