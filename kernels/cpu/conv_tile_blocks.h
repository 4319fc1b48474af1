// Blocks of up to 32 x 32 sums of products of bf16: pixels by channels, or channels by channels over pixels.
#pragma once

#include <array>

#include "kernels/cpu/conv_simd.h"
#include "kernels/cpu/conv_tiles.h"
#include "kernels/cpu/tile_unit.h"

namespace ppl::conv_tiles {

// out [row][32] = the sum over all places, and over 32 * blocks terms from there on, of a times b. Rows of a are `row`
// elements apart; terms of b go in pairs, 32 columns of two terms each, the pairs `pair` elements apart.
struct Place {
  int64_t a, b;
};
struct Block {
  const bf16* a;
  int64_t row;
  const bf16* b;
  int64_t pair;
  const Place* places;
  int64_t count, blocks;
  float* out;
};

template <class U, bool Two>
void tile_block(const Block& t) {
  U::template zero<0>(), U::template zero<1>(), U::template zero<2>(), U::template zero<3>();
  for (int64_t i = 0; i < t.count; ++i) {
    const bf16 *a = t.a + t.places[i].a, *b = t.b + t.places[i].b;
    for (int64_t block = 0; block < t.blocks; ++block, a += 32, b += 16 * t.pair) {
      U::template load<6>(b, t.pair);
      U::template load<7>(b + 32, t.pair);
      U::template load<4>(a, t.row);
      U::template multiply<0, 4, 6>();
      U::template multiply<1, 4, 7>();
      if constexpr (Two) {
        U::template load<5>(a + 16 * t.row, t.row);
        U::template multiply<2, 5, 6>();
        U::template multiply<3, 5, 7>();
      }
    }
  }
  U::template store<0>(t.out, 32), U::template store<1>(t.out + 16, 32);
  if constexpr (Two) U::template store<2>(t.out + 16 * 32, 32), U::template store<3>(t.out + 16 * 32 + 16, 32);
}

// 2 P accumulators, two vectors of b, one broadcast pair of a: 31 of 32 registers at P = 14.
template <int P>
void dot_block(const Block& t) {
  __m512 acc[P][2];
#pragma GCC unroll 16
  for (int i = 0; i < P; ++i) acc[i][0] = acc[i][1] = _mm512_setzero_ps();
  for (int64_t place = 0; place < t.count; ++place) {
    const bf16 *a = t.a + t.places[place].a, *b = t.b + t.places[place].b;
    for (int64_t pair = 0; pair < 16 * t.blocks; ++pair, a += 2, b += t.pair) {
      const auto b0 = (__m512bh)_mm512_loadu_si512(b), b1 = (__m512bh)_mm512_loadu_si512(b + 32);
#pragma GCC unroll 16
      for (int i = 0; i < P; ++i) {
        int32_t both;
        std::memcpy(&both, a + i * t.row, sizeof both);
        const auto v = (__m512bh)_mm512_set1_epi32(both);
        acc[i][0] = _mm512_dpbf16_ps(acc[i][0], v, b0);
        acc[i][1] = _mm512_dpbf16_ps(acc[i][1], v, b1);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < P; ++i) {
    store_aligned(t.out + i * 32, (Reg)acc[i][0]);
    store_aligned(t.out + i * 32 + 16, (Reg)acc[i][1]);
  }
}

using Kernel = void (*)(const Block&);
constexpr int most_dots = 14;
template <int... P>
constexpr std::array<Kernel, most_dots + 1> dot_kernels(std::integer_sequence<int, P...>) {
  return {nullptr, dot_block<P + 1>...};
}

// How many of the rows that are left make one block, and what computes it.
struct BlockKernel {
  int64_t count;
  Kernel run = nullptr;

  BlockKernel(Unit unit, int64_t left) : count(std::min<int64_t>(left, 32)) {
    static constexpr auto dots = dot_kernels(std::make_integer_sequence<int, most_dots>());
    if (unit == Unit::dot) {
      count = ceil_div(left, ceil_div(left, most_dots));
      run = dots[static_cast<size_t>(count)];
    } else if (unit == Unit::tiles) {
      run = left > 16 ? tile_block<AmxUnit, true> : tile_block<AmxUnit, false>;
    } else {
      run = left > 16 ? tile_block<EmulatedUnit, true> : tile_block<EmulatedUnit, false>;
    }
  }
};

// The tiles of this thread for as long as this lives.
struct TilesInUse {
  explicit TilesInUse(Unit unit) : real(unit == Unit::tiles) {
    if (real) AmxUnit::begin();
  }
  ~TilesInUse() {
    if (real) AmxUnit::end();
  }
  const bool real;
};

}  // namespace ppl::conv_tiles
