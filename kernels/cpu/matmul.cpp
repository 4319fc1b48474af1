#include "kernels/matmul.h"

#include "kernels/cpu/map_loop.h"

namespace ppl {
namespace {

constexpr int kRows = 4;

int64_t grain(const Matmul& s) {
  return std::max<int64_t>(1, ceil_div(kElementGrain, std::max<int64_t>(1, s.n * s.k)));
}

// Rows rows of c, one vector of columns.
template <int R, class Lanes>
void product(const Matmul& s, const float* a, const float* b, float* c, Lanes lanes) {
  Vec acc[R] = {};
  for (int64_t l = 0; l < s.k; ++l) {
    const Vec v = load(b + l * s.b_row, lanes);
    for (int r = 0; r < R; ++r) acc[r] += a[r * s.a_row + l * s.a_column] * v;
  }
  for (int r = 0; r < R; ++r) store(c + r * s.c_row, acc[r], lanes);
}

template <int R>
void dot(const Matmul& s, const float* a, const float* b, float* c) {
  for (int64_t j = 0; j < s.n; ++j) {
    Vec acc[R] = {};
    vectors(0, s.k, [&](int64_t l, auto lanes) {
      const Vec v = load(b + j * s.b_row + l, lanes);
      for (int r = 0; r < R; ++r) acc[r] += load(a + r * s.a_row + l, lanes) * v;
    });
    for (int r = 0; r < R; ++r) c[r * s.c_row + j] = sum(acc[r]);
  }
}

}  // namespace

void matmul(CpuContext&, const Matmul& s, const float* a, const float* b, float* c) {
  parallel_for(s.m, grain(s), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kRows) {
      vectors(0, s.n, [&](int64_t j, auto lanes) {
        if (i + kRows <= end) return product<kRows>(s, a + i * s.a_row, b + j, c + i * s.c_row + j, lanes);
        for (int64_t r = i; r < end; ++r) product<1>(s, a + r * s.a_row, b + j, c + r * s.c_row + j, lanes);
      });
    }
  });
}

void matmul_transposed(CpuContext&, const Matmul& s, const float* a, const float* b, float* c) {
  PPL_CHECK(s.a_column == 1, "matmul_transposed: rows of a must be contiguous, came column stride ", s.a_column);
  parallel_for(s.m, grain(s), [&](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kRows <= end; i += kRows) dot<kRows>(s, a + i * s.a_row, b, c + i * s.c_row);
    for (; i < end; ++i) dot<1>(s, a + i * s.a_row, b, c + i * s.c_row);
  });
}

}  // namespace ppl
