// Convolutions in bf16 as matrix products straight on the map: by AMX tiles, or by vdpbf16ps. Sums are f32.
#pragma once

#include "kernels/cpu/conv_impl.h"

namespace ppl::conv_tiles {

// What multiplies: automatic is tiles where the processor has them, else dot; emulated is tiles in plain C++, for
// tests.
enum class Unit { automatic, tiles, dot, emulated };
void use_unit(Unit);

// Whether products of bf16 have an instruction at this level.
bool available();

void forward(CpuContext&, const Conv&, const bf16* x, const bf16* w, const Epilogue<bf16>&, bf16* y, PackedWeights*);
void backward_data(CpuContext&, const Conv&, const bf16* dy, const bf16* w, const Epilogue<bf16>&, bf16* dx,
                   PackedWeights*);
void backward_weights(CpuContext&, const Conv&, const bf16* x, const bf16* dy, float* dw);

// Whether this processor's tiles give what their emulation gives, to the bit; asked once, at level amx only.
bool tiles_are_right();

// What automatic is here.
Unit unit_in_use();

}  // namespace ppl::conv_tiles
