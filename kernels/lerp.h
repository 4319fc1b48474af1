// Moves an array part of the way to another. Defined in cpu/lerp.cpp.
#pragma once

#include "kernels/base.h"

namespace ppl {

// y += share (x - y)
void lerp(CpuContext&, int64_t n, float share, const float* x, float* y);

}  // namespace ppl
