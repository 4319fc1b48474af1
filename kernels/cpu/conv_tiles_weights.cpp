// The gradient of a bf16 convolution to its weights: dw[k, c] at a tap = sum over pixels of dy[k] x[c]. dy is turned
// once to rows of pixels and x put once in pairs of pixels; a tap is another place in the rows of dy.
#include <algorithm>

#include "kernels/cpu/conv_tiles.h"
#include "kernels/cpu/parallel.h"

#ifdef __AVX512BF16__
#include "kernels/cpu/conv_tile_blocks.h"
#endif

namespace ppl::conv_tiles {

#ifdef __AVX512BF16__
namespace {

// Columns of x are seen as `stride.x` interleaved rows: column stride.x j + q is j of row q. Results then meet a tap
// one column apart: result j + shift(q, s).
struct Layout {
  const Conv& p;
  int64_t k, c;     // rounded up to 32
  int64_t columns;  // of an interleaved row, rounded up to 32
  int64_t before;   // columns of zeros in front of a row of dy
  int64_t width;    // of such a row, with zeros behind

  explicit Layout(const Conv& v)
      : p(v),
        k(ceil_div(v.k, 32) * 32),
        c(ceil_div(v.c, 32) * 32),
        columns(ceil_div(ceil_div(v.w, v.stride.x), 32) * 32),
        before(std::max<int64_t>(0, ((v.s - 1) * v.dilation.x - v.pad.x) / v.stride.x + 1)),
        width(before + std::max<int64_t>(columns + (v.pad.x + v.stride.x - 1) / v.stride.x, v.ow)) {}

  int64_t row_of(int s) const {  // which interleaved row meets column s of the window
    return ((s * p.dilation.x - p.pad.x) % p.stride.x + p.stride.x) % p.stride.x;
  }
  int64_t shift(int s) const { return (row_of(s) + p.pad.x - s * p.dilation.x) / p.stride.x; }
  int64_t size_y() const { return int64_t{p.n} * p.oh * k * width; }
  int64_t size_x() const { return int64_t{p.n} * p.h * p.stride.x * columns * c; }
};

// dy [n, oh][k][width], zero outside.
void turn(const Layout& l, const bf16* dy, bf16* to) {
  const Conv& p = l.p;
  parallel_for(int64_t{p.n} * p.oh, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      bf16* rows = to + row * l.k * l.width;
      std::fill(rows, rows + l.k * l.width, bf16(0.0f));
      const bf16* from = dy + row * p.ow * p.k;
      for (int64_t k0 = 0; k0 < p.k; k0 += 32) {  // a few rows at a time, so that their lines stay near
        for (int64_t x = 0; x < p.ow; ++x) {
          for (int64_t k = k0; k < std::min<int64_t>(p.k, k0 + 32); ++k) {
            rows[k * l.width + l.before + x] = from[x * p.k + k];
          }
        }
      }
    }
  });
}

// x [n, h][stride.x][columns / 2][c][2], zero outside.
void pair(const Layout& l, const bf16* x, bf16* to) {
  const Conv& p = l.p;
  parallel_for(int64_t{p.n} * p.h, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      bf16* out = to + row * p.stride.x * l.columns * l.c;
      std::fill(out, out + p.stride.x * l.columns * l.c, bf16(0.0f));
      for (int64_t ix = 0; ix < p.w; ++ix) {
        const int64_t j = ix / p.stride.x;
        if (j % 2 == 1) continue;  // came with the one before
        const bf16 *first = x + (row * p.w + ix) * p.c, *second = first + p.stride.x * p.c;
        bf16* at = out + (ix % p.stride.x * l.columns + j) * l.c;
        const bool both = ix + p.stride.x < p.w;
        for (int64_t c = 0; c < p.c; ++c) at[2 * c] = first[c], at[2 * c + 1] = both ? second[c] : bf16(0.0f);
      }
    }
  });
}

// Rows of results are summed in parts, and these in order, so that the threads change no bit.
int64_t count_parts(const Layout& l) {
  constexpr int64_t most = 8, most_sums = 3 << 20;
  const int64_t sums = l.k * l.c * l.p.r * l.p.s;
  return std::clamp<int64_t>(most_sums / sums, 1, std::min<int64_t>(most, int64_t{l.p.n} * l.p.oh));
}

// Sums of a part at one tap in 32 outputs from k and 32 inputs from c on.
void sum_block(const Layout& l, Unit unit, int64_t row, int64_t end, int tap, int64_t k, int64_t c, const bf16* dy,
               const bf16* x, std::vector<Place>& places, float* out) {
  const Conv& p = l.p;
  const int r = tap / p.s, s = tap % p.s;
  places.clear();
  for (; row < end; ++row) {
    const int64_t iy = row % p.oh * p.stride.y - p.pad.y + r * p.dilation.y;
    if (iy < 0 || iy >= p.h) continue;
    places.push_back({row * l.k * l.width, ((row / p.oh * p.h + iy) * p.stride.x + l.row_of(s)) * l.columns * l.c});
  }
  const bf16* a = dy + k * l.width + l.before + l.shift(s);
  for (int64_t i = 0; i < 32;) {
    const BlockKernel kernel(unit, 32 - i);
    kernel.run({a + i * l.width, l.width, x + 2 * c, 2 * l.c, places.data(), static_cast<int64_t>(places.size()),
                l.columns / 32, out + i * 32});
    i += kernel.count;
  }
}

}  // namespace

void backward_weights(CpuContext& ctx, const Conv& p, const bf16* x, const bf16* dy, float* dw) {
  const Layout l(p);
  const Unit unit = unit_in_use();
  bf16* turned = ctx.scratch<bf16>(CpuSlot::product, static_cast<size_t>(l.size_y() + 64));
  bf16* paired = ctx.scratch<bf16>(CpuSlot::library, static_cast<size_t>(l.size_x()));
  turn(l, dy, turned);
  pair(l, x, paired);
  const int64_t parts = count_parts(l), taps = int64_t{p.r} * p.s, rows = int64_t{p.n} * p.oh;
  const int64_t blocks = l.k / 32 * (l.c / 32) * taps, size = blocks * 1024;
  float* sums = ctx.scratch<float>(CpuSlot::conv_partial, static_cast<size_t>(parts * size));
  parallel_for(parts * blocks, 1, [&](int64_t begin, int64_t end) {
    const TilesInUse tiles(unit);
    std::vector<Place> places;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t part = i / blocks, tap = i % taps, c = i / taps % (l.c / 32) * 32;
      const int64_t k = i % blocks / taps / (l.c / 32) * 32;
      sum_block(l, unit, rows * part / parts, rows * (part + 1) / parts, static_cast<int>(tap), k, c, turned, paired,
                places, sums + i * 1024);
    }
  });
  parallel_for(int64_t{p.k} * taps, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t k = i / taps, tap = i % taps;
      for (int64_t c = 0; c < p.c; ++c) {
        const float* at = sums + ((k / 32 * (l.c / 32) + c / 32) * taps + tap) * 1024 + k % 32 * 32 + c % 32;
        float sum = 0;
        for (int64_t part = 0; part < parts; ++part) sum += at[part * size];
        dw[i * p.c + c] = sum;
      }
    }
  });
}

#else

void backward_weights(CpuContext&, const Conv&, const bf16*, const bf16*, float*) {
  throw Error("conv: products of bf16 need AVX512-BF16");
}

#endif

}  // namespace ppl::conv_tiles
