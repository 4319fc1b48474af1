#include "kernels/adam.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

struct Adam {
  float beta1, beta2, eps, added, shrunk;  // added, shrunk: the decay of Adam, of AdamW; the other is 0
  const float *state, *grad;
  float *param, *m, *v;

  template <int N>
  __device__ void run(int64_t i) const {
    const float step = state[0] / state[1], inverse_root = 1 / sqrtf(state[2]), factor = state[3];
    const float keep = 1 - state[0] * shrunk;
    const Pack<N> g = load<N>(grad + i);
    Pack<N> p = load<N>(param + i), first = load<N>(m + i), second = load<N>(v + i);
    for (int j = 0; j < N; ++j) {
      const float slope = g.v[j] * factor + p.v[j] * added;
      first.v[j] = first.v[j] * beta1 + slope * (1 - beta1);
      second.v[j] = second.v[j] * beta2 + slope * slope * (1 - beta2);
      p.v[j] = p.v[j] * keep - step * first.v[j] / (sqrtf(second.v[j]) * inverse_root + eps);
    }
    store(m + i, first);
    store(v + i, second);
    store(param + i, p);
  }
};

}  // namespace

void adam(CudaContext& ctx, const AdamOptions& o, int64_t n, const float* state, const float* grad, float* param,
          float* m, float* v) {
  const float added = o.decoupled ? 0 : o.weight_decay;
  for_elements<4>(ctx, n, is_wide(grad) && is_wide(param) && is_wide(m) && is_wide(v),
                  Adam{o.beta1, o.beta2, o.eps, added, o.weight_decay - added, state, grad, param, m, v});
}

}  // namespace ppl
