#include "kernels/matmul.h"

#include "kernels/cuda/gather_product.h"
#include "kernels/cuda/product_library.h"

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

// To BLAS the rows are columns and the factors are exchanged. False where it cannot say what lies where.
bool by_library(CudaContext& ctx, const Matmul& s, bool transpose_b, const float* a, const float* b, float* c) {
  if (!products_by_library() || (s.a_row != 1 && s.a_column != 1)) return false;
  const bool transpose_a = s.a_column != 1;
  return library_product(ctx,
                         {.m = s.n,
                          .n = s.m,
                          .k = s.k,
                          .transpose_a = transpose_b,
                          .transpose_b = transpose_a,
                          .a_lead = s.b_row,
                          .b_lead = transpose_a ? s.a_column : s.a_row,
                          .d_lead = s.c_row},
                         b, a, c);
}

}  // namespace

void matmul(CudaContext& ctx, const Matmul& s, const float* a, const float* b, float* c) {
  if (by_library(ctx, s, false, a, b, c)) return;
  gather_product(ctx, {s.m, s.n, s.k, s.k}, Left{a, s.a_row, s.a_column}, Right{b, s.b_row}, Store{c, s.c_row});
}

void matmul_transposed(CudaContext& ctx, const Matmul& s, const float* a, const float* b, float* c) {
  PPL_CHECK(s.a_column == 1, "matmul_transposed: rows of a must be contiguous, came column stride ", s.a_column);
  if (by_library(ctx, s, true, a, b, c)) return;
  gather_product(ctx, {s.m, s.n, s.k, s.k}, Left{a, s.a_row, s.a_column}, RightTransposed{b, s.b_row},
                 Store{c, s.c_row});
}

}  // namespace ppl
