#include "kernels/cpu/conv_narrow.h"

#include <algorithm>

#include "kernels/cpu/conv_simd.h"
#include "kernels/cpu/parallel.h"

namespace ppl::conv_narrow {

#ifdef __AVX512F__
namespace {

constexpr int most_channels = 4, most_taps = 9;

// A vector register of T along the channels, and acc += a * b in f32, where pairs of bf16 go into one lane.
template <class T>
struct Channels {
  static constexpr int count = 16;
  using Mask = __mmask16;
  using Vec = Reg;
  static Mask mask(int left) { return lanes(left); }
  static Vec load(const T* a, Mask m) { return load_lanes(a, m); }
  static Reg add(Reg acc, Vec a, Vec b) { return multiply_add(a, b, acc); }
};
#ifdef __AVX512BF16__
template <>
struct Channels<bf16> {
  static constexpr int count = 32;
  using Mask = __mmask32;
  using Vec = __m512bh;
  static Mask mask(int left) { return left >= 32 ? ~0u : (1u << left) - 1; }
  static Vec load(const bf16* a, Mask m) { return reinterpret_cast<Vec>(_mm512_maskz_loadu_epi16(m, a)); }
  static Reg add(Reg acc, Vec a, Vec b) { return (Reg)_mm512_dpbf16_ps((__m512)acc, a, b); }
};
#endif

// Sixteen results in a row, one vector of partial sums over the channels each. at[r]: the first one's pixel in row r of
// the window, null outside the map.
template <class T>
struct Row {
  const T* at[16];
  int64_t x0;  // column of that pixel
};

// w: the weights of one output channel, the channels padded to full vectors.
template <class T, bool Inside>
Reg sums(const Conv& p, const Row<T>& row, const T* w, int64_t padded) {
  Reg acc[16] = {};
  const int64_t step = int64_t{p.stride.x} * p.c;
  for (int r = 0; r < p.r; ++r) {
    if (!row.at[r]) continue;
    for (int s = 0; s < p.s; ++s) {
      const int64_t x = row.x0 + s * p.dilation.x;
      for (int c = 0; c < p.c; c += Channels<T>::count) {
        const T* a = row.at[r] + int64_t{s} * p.dilation.x * p.c + c;
        const auto mask = Channels<T>::mask(p.c - c);
        const auto b = Channels<T>::load(w + (r * p.s + s) * padded + c, -1);
#pragma GCC unroll 16
        for (int j = 0; j < 16; ++j) {
          const int64_t column = x + j * p.stride.x;
          if (!Inside && (column < 0 || column >= p.w)) continue;
          acc[j] = Channels<T>::add(acc[j], Channels<T>::load(a + j * step, mask), b);
          if (s == 0) __builtin_prefetch(a + (j + 16) * step);  // the next sixteen results'
        }
      }
    }
  }
  transpose(acc);
#pragma GCC unroll 8
  for (int width = 8; width > 0; width /= 2) {
#pragma GCC unroll 8
    for (int j = 0; j < width; ++j) acc[j] += acc[j + width];
  }
  return acc[0];
}

// Result row (n, oy).
template <class T>
void forward_row(const Conv& p, int64_t n, int64_t oy, const T* x, const T* w, const Epilogue<T>& e, T* y) {
  const int64_t padded = ceil_div(p.c, Channels<T>::count) * Channels<T>::count;
  for (int64_t ox = 0; ox < p.ow; ox += 16) {
    Row<T> row;
    row.x0 = ox * p.stride.x - p.pad.x;
    for (int r = 0; r < p.r; ++r) {
      const int64_t iy = oy * p.stride.y - p.pad.y + r * p.dilation.y;
      row.at[r] = iy < 0 || iy >= p.h ? nullptr : x + ((n * p.h + iy) * p.w + row.x0) * p.c;
    }
    const int count = static_cast<int>(std::min<int64_t>(16, p.ow - ox));
    const bool inside = row.x0 >= 0 && row.x0 + 15 * p.stride.x + (p.s - 1) * p.dilation.x < p.w;
    for (int k = 0; k < p.k; ++k) {
      const T* wk = w + k * p.r * p.s * padded;
      alignas(64) float out[16];
      store_aligned(out, inside ? sums<T, true>(p, row, wk, padded) : sums<T, false>(p, row, wk, padded));
      const float bias = e.bias ? e.bias[k] : 0.0f;
      for (int j = 0; j < count; ++j) {
        const int64_t at = ((n * p.oh + oy) * p.ow + ox + j) * p.k + k;
        float v = out[j] + bias;
        if (e.residual) v += static_cast<float>(e.residual[at]);
        y[at] = T(e.relu && v < 0 ? 0.0f : v);
      }
    }
  }
}

// Adds x times dy to the sums of every tap in 32 channels from c on, over one row of x. g: dy's channel of this image
// with zeros around, so that every tap of every pixel finds one; g[tap] begins where the row's first pixel meets the
// tap.
template <class T, int Taps>
void add_row(const Conv& p, const T* x, int c, const float* const* g, float* sums) {
  const int64_t ahead = int64_t{16} * p.c;  // the loop is as quick as memory, and the hardware looks less far ahead
  const Lanes m0 = lanes(p.c - c), m1 = lanes(p.c - c - 16);
  Reg acc[Taps][2];
#pragma GCC unroll 9
  for (int t = 0; t < Taps; ++t) acc[t][0] = load_aligned(sums + t * 32), acc[t][1] = load_aligned(sums + t * 32 + 16);
  for (int64_t i = 0; i < p.w; ++i) {
    const T* pixel = x + i * p.c + c;
    const Reg v0 = load_lanes(pixel, m0), v1 = load_lanes(pixel + 16, m1);
    __builtin_prefetch(pixel + ahead), __builtin_prefetch(pixel + ahead + 16);
#pragma GCC unroll 9
    for (int t = 0; t < Taps; ++t) {
      const Reg s = broadcast(g[t][i]);
      acc[t][0] = multiply_add(s, v0, acc[t][0]);
      acc[t][1] = multiply_add(s, v1, acc[t][1]);
    }
  }
#pragma GCC unroll 9
  for (int t = 0; t < Taps; ++t) store_aligned(sums + t * 32, acc[t][0]), store_aligned(sums + t * 32 + 16, acc[t][1]);
}

template <class T>
void add_row_any(const Conv& p, const T* x, int c, const float* const* g, float* sums) {
  constexpr void (*table[])(const Conv&, const T*, int, const float* const*, float*) = {
      add_row<T, 1>, add_row<T, 2>, add_row<T, 3>, add_row<T, 4>, add_row<T, 5>,
      add_row<T, 6>, add_row<T, 7>, add_row<T, 8>, add_row<T, 9>};
  table[p.r * p.s - 1](p, x, c, g, sums);
}

// dy as f32 planes with a border of zeros: [n][k][height][width].
struct Planes {
  int64_t top, left, height, width;

  explicit Planes(const Conv& p)
      : top(std::max(0, (p.r - 1) * p.dilation.y - p.pad.y)),
        left(std::max(0, (p.s - 1) * p.dilation.x - p.pad.x)),
        height(top + p.h + p.pad.y),
        width(left + p.w + p.pad.x) {}
  int64_t size(const Conv& p) const { return height * width * p.n * p.k; }
};

template <class T>
void fill_planes(const Conv& p, const Planes& g, const T* dy, float* out) {
  parallel_for(int64_t{p.n} * p.k * g.height, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t oy = i % g.height - g.top, k = i / g.height % p.k, n = i / g.height / p.k;
      float* row = out + i * g.width;
      std::fill(row, row + g.width, 0.0f);
      if (oy < 0 || oy >= p.oh) continue;
      const T* from = dy + (n * p.oh + oy) * p.ow * p.k + k;
      for (int64_t ox = 0; ox < p.ow; ++ox) row[g.left + ox] = from[ox * p.k];
    }
  });
}

}  // namespace

bool serves(ConvKind kind, const Conv& p) {
  if (p.k > most_channels) return false;
  if (kind == ConvKind::forward) return p.r <= 16;
  return kind == ConvKind::backward_weights && p.stride == Axes(1) && p.r * p.s <= most_taps;
}

template <class T>
void forward(CpuContext& ctx, const Conv& p, const T* x, const T* w, const Epilogue<T>& e, T* y) {
  const int64_t padded = ceil_div(p.c, Channels<T>::count) * Channels<T>::count, rows = int64_t{p.k} * p.r * p.s;
  T* full = ctx.scratch<T>(CpuSlot::weights, rows * padded);
  for (int64_t i = 0; i < rows; ++i) {
    std::copy(w + i * p.c, w + (i + 1) * p.c, full + i * padded);
    std::fill(full + i * padded + p.c, full + (i + 1) * padded, T(0.0f));
  }
  parallel_for(int64_t{p.n} * p.oh, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) forward_row(p, row / p.oh, row % p.oh, x, full, e, y);
  });
}

template <class T>
void backward_weights(CpuContext& ctx, const Conv& p, const T* x, const T* dy, float* dw) {
  constexpr int64_t rows_a_part = 8;  // parts, not threads, have partial sums: the result is the same for any number
  const Planes g(p);
  float* planes = ctx.scratch<float>(CpuSlot::library, g.size(p));
  fill_planes(p, g, dy, planes);
  const int64_t rows = int64_t{p.n} * p.h, parts = ceil_div(rows, rows_a_part), blocks = ceil_div(p.c, 32);
  const int taps = p.r * p.s;
  const int64_t size = p.k * blocks * taps * 32;
  float* partial = ctx.scratch<float>(CpuSlot::conv_partial, parts * size);
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    std::fill(partial + begin * size, partial + end * size, 0.0f);
    for (int64_t row = begin * rows_a_part; row < std::min(rows, end * rows_a_part); ++row) {
      const int64_t n = row / p.h, iy = row % p.h;
      for (int k = 0; k < p.k; ++k) {
        const float* at[most_taps];  // pixel (iy, ix) meets tap (r, s) in result (iy + pad - r d, ix + pad - s d)
        for (int t = 0; t < taps; ++t) {
          const int64_t gy = g.top + iy + p.pad.y - t / p.s * p.dilation.y,
                        gx = g.left + p.pad.x - t % p.s * p.dilation.x;
          at[t] = planes + ((n * p.k + k) * g.height + gy) * g.width + gx;
        }
        for (int64_t b = 0; b < blocks; ++b) {
          float* sums = partial + row / rows_a_part * size + (k * blocks + b) * taps * 32;
          add_row_any(p, x + row * p.w * p.c, static_cast<int>(b * 32), at, sums);
        }
      }
    }
  });
  for (int64_t i = 0; i < int64_t{p.k} * taps * p.c; ++i) {
    const int64_t c = i % p.c, tap = i / p.c % taps, k = i / p.c / taps;
    float sum = 0;
    for (int64_t part = 0; part < parts; ++part) {
      sum += partial[part * size + ((k * blocks + c / 32) * taps + tap) * 32 + c % 32];
    }
    dw[i] = sum;
  }
}

#else  // it needs 32 wide registers

bool serves(ConvKind, const Conv&) { return false; }

template <class T>
void forward(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*) {
  throw Error("conv: the narrow algorithm needs AVX-512");
}
template <class T>
void backward_weights(CpuContext&, const Conv&, const T*, const T*, float*) {
  throw Error("conv: the narrow algorithm needs AVX-512");
}

#endif

#define PPL_INSTANTIATE(T)                                                                     \
  template void forward(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*); \
  template void backward_weights(CpuContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::conv_narrow
