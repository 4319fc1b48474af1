#include "kernels/add.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

template <class T>
void add(CpuContext&, int64_t n, const T* a, const T* b, T* y) {
  for_elements(n, [&](int64_t i, auto lanes) { store(y + i, load(a + i, lanes) + load(b + i, lanes), lanes); });
}

template void add(CpuContext&, int64_t, const float*, const float*, float*);
template void add(CpuContext&, int64_t, const bf16*, const bf16*, bf16*);

}  // namespace ppl
