// y = x in another element type (or the same: a copy). Defined in cpu/cast.cpp and cuda/cast.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

template <class From, class To>
void cast(CpuContext&, int64_t n, const From* x, To* y);
template <class From, class To>
void cast(CudaContext&, int64_t n, const From* x, To* y);

}  // namespace ppl
