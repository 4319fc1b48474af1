// The matrix products of the Winograd convolution: register tiles of up to 14 x 32 results (6 x 16 with AVX2).
#include <array>
#include <utility>

#include "kernels/cpu/conv_simd.h"
#include "kernels/cpu/winograd.h"

namespace ppl::winograd {
namespace {

// Columns that are summed at once, two registers; the 32 of a panel take one turn or several.
constexpr int columns = 2 * kWidth;

// 2 R accumulators from zero, or from c where added to; c [R][32].
template <int R>
inline void load_sums(bool add, const float* c, Reg (&acc)[R][2]) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    acc[r][0] = add ? load_aligned(c + r * 32) : Reg{};
    acc[r][1] = add ? load_aligned(c + r * 32 + kWidth) : Reg{};
  }
}

template <int R>
inline void store_sums(const Reg (&acc)[R][2], float* c) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    store_aligned(c + r * 32, acc[r][0]);
    store_aligned(c + r * 32 + kWidth, acc[r][1]);
  }
}

template <int R>
inline void add_products(const float* a, int64_t a_step, const Reg& b0, const Reg& b1, Reg (&acc)[R][2]) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const Reg v = broadcast(a[r * a_step]);
    acc[r][0] = multiply_add(v, b0, acc[r][0]);
    acc[r][1] = multiply_add(v, b1, acc[r][1]);
  }
}

// 2 R accumulators, two vectors of b and one broadcast value of a: 31 of 32 registers at R = 14, 15 of 16 at R = 6.
template <int R>
void tiles_kernel(int64_t blocks, const float* a, int64_t a_block, const float* b, bool add, float* c) {
  Reg acc[R][2];
  load_sums(add, c, acc);
  for (int64_t block = 0; block < blocks; ++block, a += a_block) {
#pragma GCC unroll 2
    for (int i = 0; i < 16; ++i, b += 32) {
      add_products(a + i, 16, load_aligned(b), load_aligned(b + kWidth), acc);
    }
  }
  store_sums(acc, c);
}

using Kernel = void (*)(int64_t, const float*, int64_t, const float*, bool, float*);
constexpr int most_rows = (kRegisters - 3) / 2;

template <int... R>
constexpr std::array<Kernel, most_rows + 1> kernel_table(std::integer_sequence<int, R...>) {
  return {nullptr, tiles_kernel<R + 1>...};
}

template <int R>
void channels_kernel(int64_t count, const float* a, const float* low, const float* high, bool add, float* c) {
  Reg acc[R][2];
  load_sums(add, c, acc);
  for (int64_t t = 0; t < count; ++t) {
    add_products(a + t * 16, 1, load_aligned(low + t * 16), load_aligned(high + t * 16), acc);
  }
  store_sums(acc, c);
}

}  // namespace

void multiply_tiles(int64_t rows, int64_t blocks, const float* a, int64_t a_block, const float* b, bool add, float* c) {
  static constexpr auto kernels = kernel_table(std::make_integer_sequence<int, most_rows>());
  const int64_t parts = ceil_div(rows, most_rows);
  for (int64_t p = 0; p < parts; ++p) {
    const int64_t begin = rows * p / parts, end = rows * (p + 1) / parts;
    for (int j = 0; j < 32; j += columns) {
      kernels[end - begin](blocks, a + begin * 16, a_block, b + j, add, c + begin * 32 + j);
    }
  }
}

void multiply_channels(int64_t count, const float* a, const float* b0, const float* b1, bool add, float* c) {
  constexpr int rows = kRegisters / 4;
  for (int j = 0; j < 32; j += columns) {
    const float* low = (j < 16 ? b0 : b1) + j % 16;
    const float* high = kWidth == 16 ? b1 : low + kWidth;
    for (int r = 0; r < 16; r += rows) channels_kernel<rows>(count, a + r, low, high, add, c + r * 32 + j);
  }
}

}  // namespace ppl::winograd
