// One step of Adam over an arena of parameters. Defined in cpu/adam.cpp and cuda/adam.cu.
#pragma once

#include "kernels/base.h"

namespace ppl {

struct AdamOptions {
  float beta1 = 0.9f, beta2 = 0.999f, eps = 1e-8f;
  float weight_decay = 0;  // L2: added to the gradient
  bool decoupled = false;  // weight_decay is AdamW's: p is first multiplied by 1 - rate weight_decay
};

// state, in device memory: rate, 1 - beta1^t, 1 - beta2^t, factor of the gradient.
// p -= rate / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps). Moves 7 floats a parameter, the least possible.
void adam(CpuContext&, const AdamOptions&, int64_t n, const float* state, const float* grad, float* param, float* m,
          float* v);
void adam(CudaContext&, const AdamOptions&, int64_t n, const float* state, const float* grad, float* param, float* m,
          float* v);

}  // namespace ppl
