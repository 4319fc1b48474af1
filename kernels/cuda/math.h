// Functions of one number.
#pragma once

#include "kernels/cuda/launch.h"

namespace ppl {

// Without overflow for large |x|.
PPL_DEVICE float sigmoid_of(float x) {
  const float e = expf(-fabsf(x));
  return (x < 0 ? e : 1.0f) / (1.0f + e);
}

}  // namespace ppl
