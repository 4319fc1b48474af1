#include "kernels/adam.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

struct Adam {
  AdamOptions o;
  const float *state, *grad;
  float *param, *m, *v;

  template <int N>
  __device__ void run(int64_t i) const {
    const float step = state[0] / state[1], inverse_root = 1 / sqrtf(state[2]), factor = state[3];
    const float keep = o.decoupled ? 1 - state[0] * o.weight_decay : 1, added = o.decoupled ? 0 : o.weight_decay;
    const Pack<N> g = load<N>(grad + i);
    Pack<N> p = load<N>(param + i), first = load<N>(m + i), second = load<N>(v + i);
    for (int j = 0; j < N; ++j) {
      const float slope = g.v[j] * factor + p.v[j] * added;
      first.v[j] = first.v[j] * o.beta1 + slope * (1 - o.beta1);
      second.v[j] = second.v[j] * o.beta2 + slope * slope * (1 - o.beta2);
      p.v[j] = p.v[j] * keep - step * first.v[j] / (sqrtf(second.v[j]) * inverse_root + o.eps);
    }
    store(m + i, first);
    store(v + i, second);
    store(param + i, p);
  }
};

}  // namespace

void adam(CudaContext& ctx, const AdamOptions& o, int64_t n, const float* state, const float* grad, float* param,
          float* m, float* v) {
  for_elements<4>(ctx, n, is_wide(grad) && is_wide(param) && is_wide(m) && is_wide(v),
                  Adam{o, state, grad, param, m, v});
}

}  // namespace ppl
