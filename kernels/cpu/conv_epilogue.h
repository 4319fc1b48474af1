// What follows a convolution whose own pass cannot take it along.
#pragma once

#include "kernels/conv.h"

namespace ppl {

// out = relu(out + bias + residual) over rows of c channels.
template <class T>
void conv_epilogue(CpuContext&, const Epilogue<T>&, int64_t rows, int64_t c, T* out);

}  // namespace ppl
