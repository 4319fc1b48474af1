#include "kernels/lerp.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

void lerp(CpuContext&, int64_t n, float share, const float* x, float* y) {
  for_elements(n, [&](int64_t i, auto lanes) {
    const Vec to = load(y + i, lanes);
    store(y + i, to + share * (load(x + i, lanes) - to), lanes);
  });
}

}  // namespace ppl
