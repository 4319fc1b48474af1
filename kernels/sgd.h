// One step of gradient descent with momentum over an arena of parameters. Defined in cpu/sgd.cpp and cuda/sgd.cu.
#pragma once

#include "kernels/base.h"

namespace ppl {

struct SgdOptions {
  float momentum = 0.9f;
  float weight_decay = 0;  // L2: added to the gradient
};

// state as Adam's (kernels/adam.h; entries 1 and 2 unused). buffer = momentum buffer + g; p -= rate buffer. The buffer
// starts at zero. Moves 5 floats a parameter.
void sgd(CpuContext&, const SgdOptions&, int64_t n, const float* state, const float* grad, float* param, float* buffer);
void sgd(CudaContext&, const SgdOptions&, int64_t n, const float* state, const float* grad, float* param,
         float* buffer);

}  // namespace ppl
