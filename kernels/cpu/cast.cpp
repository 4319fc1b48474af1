#include "kernels/cast.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

template <class From, class To>
void cast(CpuContext&, int64_t n, const From* x, To* y) {
  for_elements(n, [&](int64_t i, auto lanes) { store(y + i, load(x + i, lanes), lanes); });
}

template void cast(CpuContext&, int64_t, const float*, float*);
template void cast(CpuContext&, int64_t, const float*, bf16*);
template void cast(CpuContext&, int64_t, const bf16*, float*);
template void cast(CpuContext&, int64_t, const bf16*, bf16*);
template void cast(CpuContext&, int64_t, const uint8_t*, uint8_t*);

}  // namespace ppl
