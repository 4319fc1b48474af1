#include "kernels/sgd.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {

void sgd(CpuContext&, const SgdOptions& o, int64_t n, const float* state, const float* grad, float* param,
         float* buffer) {
  const float rate = state[0], factor = state[3];
  for_elements(n, [&](int64_t i, auto lanes) {
    const Vec p = load(param + i, lanes), g = load(grad + i, lanes) * factor + p * o.weight_decay;
    const Vec b = load(buffer + i, lanes) * o.momentum + g;
    store(buffer + i, b, lanes);
    store(param + i, p - rate * b, lanes);
  });
}

}  // namespace ppl
