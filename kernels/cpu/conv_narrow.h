// Convolutions to few output channels (the last layer's 32 -> 1): their arithmetic is small, so what counts is to read
// the input once. Other algorithms fill a block of 16 outputs with nothing.
#pragma once

#include "kernels/cpu/conv_impl.h"

namespace ppl::conv_narrow {

bool serves(ConvKind, const Conv&);

template <class T>
void forward(CpuContext&, const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y);
template <class T>
void backward_weights(CpuContext&, const Conv&, const T* x, const T* dy, float* dw);

}  // namespace ppl::conv_narrow
