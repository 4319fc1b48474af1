#include "kernels/matmul.h"

#include "kernels/cuda/gather_product.h"

namespace ppl {
namespace {

struct Left {
  static constexpr bool kAlong = true;
  const float* a;
  int64_t row, column;

  __device__ float operator()(int64_t i, int64_t l) const { return a[i * row + l * column]; }
};

struct Right {
  static constexpr bool kAlong = false;
  const float* b;
  int64_t row;

  __device__ float operator()(int64_t l, int64_t j) const { return b[l * row + j]; }
};

struct RightTransposed {
  static constexpr bool kAlong = true;
  const float* b;
  int64_t row;

  __device__ float operator()(int64_t l, int64_t j) const { return b[j * row + l]; }
};

struct Store {
  float* c;
  int64_t row;

  __device__ void operator()(int64_t i, int64_t j, int64_t, float v) const { c[i * row + j] = v; }
};

}  // namespace

void matmul(CudaContext& ctx, const Matmul& s, const float* a, const float* b, float* c) {
  gather_product(ctx, {s.m, s.n, s.k, s.k}, Left{a, s.a_row, s.a_column}, Right{b, s.b_row}, Store{c, s.c_row});
}

void matmul_transposed(CudaContext& ctx, const Matmul& s, const float* a, const float* b, float* c) {
  PPL_CHECK(s.a_column == 1, "matmul_transposed: rows of a must be contiguous, came column stride ", s.a_column);
  gather_product(ctx, {s.m, s.n, s.k, s.k}, Left{a, s.a_row, s.a_column}, RightTransposed{b, s.b_row},
                 Store{c, s.c_row});
}

}  // namespace ppl
