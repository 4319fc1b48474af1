#include "kernels/fill.h"

#include <algorithm>

#include "kernels/cpu/map_loop.h"

namespace ppl {

template <class T>
void fill(CpuContext&, int64_t n, T value, T* y) {
  parallel_for(n, kElementGrain, [&](int64_t b, int64_t e) { std::fill(y + b, y + e, value); });
}

template void fill(CpuContext&, int64_t, float, float*);
template void fill(CpuContext&, int64_t, bf16, bf16*);
template void fill(CpuContext&, int64_t, uint8_t, uint8_t*);

}  // namespace ppl
