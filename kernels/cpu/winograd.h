// Convolution by Winograd's method: for 4x4 results of a 3x3 window 36 products in place of 144.
// Arithmetic is f32; bf16 is widened on reading and rounded on writing.
#pragma once

#include "kernels/cpu/conv_impl.h"

namespace ppl::winograd {

bool serves(ConvKind, const Conv&);

template <class T>
void forward(CpuContext&, const Conv&, const T* x, const T* w, const Epilogue<T>&, T* y, PackedWeights*);
template <class T>
void backward_data(CpuContext&, const Conv&, const T* dy, const T* w, const Epilogue<T>&, T* dx, PackedWeights*);
template <class T>
void backward_weights(CpuContext&, const Conv&, const T* x, const T* dy, float* dw);

// A map in NHWC seen through side x side windows of pixels `every` apart, one for each tile of results; windows begin
// step pixels apart, the first at start. Outside the map there is zero. With four phases there are four such windows
// for each tile, the further ones begin a pixel earlier: phase 1 in x, 2 in y, 3 in both.
struct Tiles {
  int n, h, w, c;
  int rows, columns;
  int side, step, start, every, phases;

  int64_t count() const { return int64_t{n} * rows * columns; }
  int64_t blocks() const { return phases * ceil_div(c, 16); }
};

// Stride and padding are those of both axes: no others are served.
inline int stride_of(const Conv& p) { return p.stride.y; }
inline int padding_of(const Conv& p) { return p.pad.y; }

// F(4x4, 3x3) for stride 1, F(5x5, 2x2) for stride 2: a window of up to 4x4 of stride 2 is the sum of four of 2x2 of
// stride 1 over every other pixel.
inline int taps(const Conv& p) { return stride_of(p) == 1 ? 3 : 2; }
inline int results(const Conv& p) { return 7 - taps(p); }
inline int phases(const Conv& p) { return stride_of(p) * stride_of(p); }

// Which row of the window a phase's tap is; outside [0, r) for those that a smaller window lacks.
inline int window_row(const Conv& p, int phase_row, int tap) {
  return stride_of(p) == 1 ? tap : 2 * tap - phase_row + padding_of(p);
}

Tiles x_tiles(const Conv&);

// Transformed tiles: [point][block of 16 channels][tile][16], the points an odd number of cache lines apart, so that
// they do not all fall into the same sets of the caches.
struct Spectrum {
  float* data;
  int64_t blocks, tiles;

  static int64_t stride(int64_t blocks, int64_t tiles) { return (blocks * tiles | 1) * 16; }
  static int64_t size(int64_t blocks, int64_t tiles) { return 36 * stride(blocks, tiles); }
  float* at(int64_t point, int64_t block, int64_t tile) const {
    return data + point * stride(blocks, tiles) + (block * tiles + tile) * 16;
  }
};

// Channel blocks [block, block + out.blocks) of tiles [tile, tile + count) to tiles [to, to + count) of out, serially.
template <class T>
void transform_tiles(const Tiles&, const T* map, int64_t tile, int64_t count, int64_t block, Spectrum out, int64_t to);

// c[rows][32] (+)= a x b over 16 * blocks terms: a from rows tiles of a spectrum at one point, b [16 * blocks][32].
void multiply_tiles(int64_t rows, int64_t blocks, const float* a, int64_t a_block, const float* b, bool add, float* c);

// c[16][32] (+)= a^T b over count tiles: a [count][16], b0 and b1 [count][16].
void multiply_channels(int64_t count, const float* a, const float* b0, const float* b1, bool add, float* c);

}  // namespace ppl::winograd
