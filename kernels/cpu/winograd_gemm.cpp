// The matrix products of the Winograd convolution: register tiles of up to 14 x 32 results.
#include <array>
#include <utility>

#include "kernels/cpu/conv_simd.h"
#include "kernels/cpu/winograd.h"

#ifdef __AVX512F__
namespace ppl::winograd {
namespace {

// 2 R accumulators from zero, or from c where added to; c [R][32].
template <int R>
inline void load_sums(bool add, const float* c, __m512 (&acc)[R][2]) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    acc[r][0] = add ? _mm512_load_ps(c + r * 32) : _mm512_setzero_ps();
    acc[r][1] = add ? _mm512_load_ps(c + r * 32 + 16) : _mm512_setzero_ps();
  }
}

template <int R>
inline void store_sums(const __m512 (&acc)[R][2], float* c) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    _mm512_store_ps(c + r * 32, acc[r][0]);
    _mm512_store_ps(c + r * 32 + 16, acc[r][1]);
  }
}

// 2 R accumulators, two vectors of b and one broadcast value of a: 31 of the 32 registers at R = 14.
template <int R>
void tiles_kernel(int64_t blocks, const float* a, int64_t a_block, const float* b, bool add, float* c) {
  __m512 acc[R][2];
  load_sums(add, c, acc);
  for (int64_t block = 0; block < blocks; ++block, a += a_block) {
#pragma GCC unroll 2
    for (int i = 0; i < 16; ++i, b += 32) {
      const __m512 b0 = _mm512_load_ps(b), b1 = _mm512_load_ps(b + 16);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const __m512 v = _mm512_set1_ps(a[r * 16 + i]);
        acc[r][0] = _mm512_fmadd_ps(v, b0, acc[r][0]);
        acc[r][1] = _mm512_fmadd_ps(v, b1, acc[r][1]);
      }
    }
  }
  store_sums(acc, c);
}

using Kernel = void (*)(int64_t, const float*, int64_t, const float*, bool, float*);
constexpr int most_rows = 14;

template <int... R>
constexpr std::array<Kernel, most_rows + 1> kernel_table(std::integer_sequence<int, R...>) {
  return {nullptr, tiles_kernel<R + 1>...};
}

template <int R>
void channels_kernel(int64_t count, const float* a, const float* b0, const float* b1, bool add, float* c) {
  __m512 acc[R][2];
  load_sums(add, c, acc);
  for (int64_t t = 0; t < count; ++t) {
    const __m512 v0 = _mm512_load_ps(b0 + t * 16), v1 = _mm512_load_ps(b1 + t * 16);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const __m512 v = _mm512_set1_ps(a[t * 16 + r]);
      acc[r][0] = _mm512_fmadd_ps(v, v0, acc[r][0]);
      acc[r][1] = _mm512_fmadd_ps(v, v1, acc[r][1]);
    }
  }
  store_sums(acc, c);
}

}  // namespace

void multiply_tiles(int64_t rows, int64_t blocks, const float* a, int64_t a_block, const float* b, bool add, float* c) {
  static constexpr auto kernels = kernel_table(std::make_integer_sequence<int, most_rows>());
  const int64_t parts = ceil_div(rows, most_rows);
  for (int64_t p = 0; p < parts; ++p) {
    const int64_t begin = rows * p / parts, end = rows * (p + 1) / parts;
    kernels[end - begin](blocks, a + begin * 16, a_block, b, add, c + begin * 32);
  }
}

void multiply_channels(int64_t count, const float* a, const float* b0, const float* b1, bool add, float* c) {
  channels_kernel<8>(count, a, b0, b1, add, c);
  channels_kernel<8>(count, a + 8, b0, b1, add, c + 8 * 32);
}

}  // namespace ppl::winograd
#endif
