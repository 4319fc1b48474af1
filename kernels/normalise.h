// What a network is given of 8-bit images: y [pixels, bands] = tables[band][x], tables [bands][256] f32; 0 where
// valid [pixels] is 0. valid may be null. Defined in cpu/normalise.cpp and cuda/normalise.cu; the same to the bit.
// Least traffic of a value: a byte in, one of the network's type out.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

template <class T>
void normalise(CpuContext&, int64_t pixels, int bands, const uint8_t* x, const uint8_t* valid, const float* tables,
               T* y);
template <class T>
void normalise(CudaContext&, int64_t pixels, int bands, const uint8_t* x, const uint8_t* valid, const float* tables,
               T* y);

}  // namespace ppl
