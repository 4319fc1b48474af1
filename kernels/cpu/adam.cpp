#include "kernels/adam.h"

#include "kernels/cpu/map_loop.h"
#include "kernels/cpu/vec_math.h"

namespace ppl {

void adam(CpuContext&, const AdamOptions& o, int64_t n, const float* state, const float* grad, float* param, float* m,
          float* v) {
  const float step = state[0] / state[1], inverse_root = 1.0f / __builtin_sqrtf(state[2]), factor = state[3];
  const float keep = o.decoupled ? 1 - state[0] * o.weight_decay : 1, added = o.decoupled ? 0 : o.weight_decay;
  for_elements(n, [&](int64_t i, auto lanes) {
    const Vec p = load(param + i, lanes), g = load(grad + i, lanes) * factor + p * added;
    const Vec first = load(m + i, lanes) * o.beta1 + g * (1 - o.beta1);
    const Vec second = load(v + i, lanes) * o.beta2 + g * g * (1 - o.beta2);
    store(m + i, first, lanes);
    store(v + i, second, lanes);
    store(param + i, p * keep - step * first / (sqrt(second) * inverse_root + o.eps), lanes);
  });
}

}  // namespace ppl
