// Weights of a Winograd convolution in the layout that its products read: for winograd.cpp only.
#pragma once

#include <algorithm>

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/winograd.h"
#include "kernels/cpu/winograd_transform.h"

namespace ppl::winograd {
namespace {

// Transformed weights: [point][panel of 32 outputs][input][32], inputs rounded up to 16, points an odd number of lines
// apart.
struct Panels {
  int64_t panels, depth;
  int64_t stride() const { return (panels * depth * 2 | 1) * 16; }
  int64_t size() const { return points * stride(); }
  int64_t at(int64_t point, int64_t panel) const { return point * stride() + panel * depth * 32; }
};

// One convolution, forward or to the data; what is summed over is "in", what comes out is "out".
template <class T>
struct Problem {
  const Conv& conv;
  Tiles in;
  int h, w, c;  // of the result
  int out_phases;
  const T* x;
  const T* weights;  // [out][r][s][in], or where turned [in][r][s][out], to be read back to front
  bool turned;
  Epilogue<T> epilogue;
  T* y;

  int64_t panels() const { return out_phases * ceil_div(c, 32); }
};

// The taps of kWidth inputs from c on and kWidth outputs from o on as vectors over the outputs, one for each input.
template <int Taps, class T>
void load_taps(const Problem<T>& p, int phase, int64_t c, int64_t o, Vec (&taps)[Taps * Taps][kWidth]) {
  const Conv& v = p.conv;
  const int64_t row = p.turned ? c : o, rows = p.turned ? p.in.c : p.c;
  const int64_t first = p.turned ? o : c, width = p.turned ? p.c : p.in.c;
  for (int tap = 0; tap < Taps * Taps; ++tap) {
    const int at = p.turned ? Taps * Taps - 1 - tap : tap;
    const int r = window_row(v, phase / 2, at / Taps), s = window_row(v, phase % 2, at % Taps);
    const bool there = r >= 0 && r < v.r && s >= 0 && s < v.s && first < width;
    const T* from = p.weights + (row * v.r * v.s + r * v.s + s) * width + first;
    const int64_t pitch = int64_t{v.r} * v.s * width, next = p.turned ? kWidth * pitch : kWidth;
    for (int i = 0; i < kWidth; ++i) {
      const bool inside = there && row + i < rows;
      taps[tap][i] = inside ? load_lanes(from + i * pitch, lanes(width - first)) : Vec{};
      if (inside) __builtin_prefetch(from + i * pitch + next);
    }
    if (!p.turned) transpose(taps[tap]);
  }
}

// Block `block` of 16 inputs and panel `o` of 32 outputs of the weights to out + u.at(point, 0), for all points.
template <int Taps, class T>
void transform_block(const Problem<T>& p, int64_t block, int64_t o, const Panels& u, float* out) {
  const int64_t in_blocks = p.in.blocks() / p.in.phases, out_panels = p.panels() / p.out_phases;
  const int phase = static_cast<int>(std::max(block / in_blocks, o / out_panels));  // one of the two is 0
  constexpr int ahead = 4 * 32;  // too many streams for the hardware's prefetching: said here, both ways
  for (int at = 0; at < 16 * 32; at += kWidth * kWidth) {
    const int output = at / (16 * kWidth) * kWidth, input = at / kWidth % 16;
    Vec taps[Taps * Taps][kWidth];
    load_taps<Taps>(p, phase, block % in_blocks * 16 + input, o % out_panels * 32 + output, taps);
    for (int j = 0; j < kWidth; ++j) {
      transform_2d<Taps, 6>([](const Vec(&g)[Taps], Vec(&t)[6]) { weights_1d(g, t); },
                            [&](int r, int s) { return taps[r * Taps + s][j]; },
                            [&](int r, int s, Vec v) {
                              float* to = out + (r * 6 + s) * u.stride() + output + (input + j) * 32;
                              store_aligned(to, v);
                              __builtin_prefetch(to + ahead, 1);
                            });
    }
  }
}

// All weights to out.
template <int Taps, class T>
void transform_weights(const Problem<T>& p, const Panels& u, float* out) {
  const int64_t blocks = u.depth / 16;
  parallel_for(u.panels * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t block = i % blocks, o = i / blocks;
      transform_block<Taps>(p, block, o, u, out + u.at(0, o) + block * 16 * 32);
    }
  });
}

}  // namespace
}  // namespace ppl::winograd
