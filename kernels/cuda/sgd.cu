#include "kernels/sgd.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

struct Sgd {
  SgdOptions o;
  const float *state, *grad;
  float *param, *buffer;

  template <int N>
  __device__ void run(int64_t i) const {
    const float rate = state[0], factor = state[3];
    const Pack<N> g = load<N>(grad + i);
    Pack<N> p = load<N>(param + i), b = load<N>(buffer + i);
    for (int j = 0; j < N; ++j) {
      b.v[j] = b.v[j] * o.momentum + (g.v[j] * factor + p.v[j] * o.weight_decay);
      p.v[j] -= rate * b.v[j];
    }
    store(buffer + i, b);
    store(param + i, p);
  }
};

}  // namespace

void sgd(CudaContext& ctx, const SgdOptions& o, int64_t n, const float* state, const float* grad, float* param,
         float* buffer) {
  for_elements<4>(ctx, n, is_wide(grad) && is_wide(param) && is_wide(buffer), Sgd{o, state, grad, param, buffer});
}

}  // namespace ppl
