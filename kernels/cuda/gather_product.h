// A tiled matrix product whose factors are gathered by functions: matrix products, and convolutions as products of
// patches. In f32 on plain cores: the oracle of the library's algorithms, and the fallback where there is none.
#pragma once

#include "kernels/cuda/channels.h"

namespace ppl {

constexpr int kTile = 64, kDepth = 16, kPatch = kTile / 16;  // a block's result, its step along k, a thread's result

struct ProductSize {
  int64_t m = 0, n = 0, k = 0;
  int64_t per_split = 0;  // of k; the parts of a split product are stored apart (block z)
};

// out(row, column, split, sum) for the product of a(row, l) and b(l, column). A::kAlong and B::kAlong: whether
// neighbouring l, not rows or columns, lie next to each other in memory.
template <class A, class B, class Out>
__global__ void __launch_bounds__(kThreads) gather_product_kernel(A a, B b, Out out, ProductSize s) {
  __shared__ float a_tile[kDepth][kTile + 4], b_tile[kDepth][kTile + 4];
  const int64_t row0 = static_cast<int64_t>(blockIdx.x) * kTile, column0 = static_cast<int64_t>(blockIdx.y) * kTile;
  const int64_t begin = blockIdx.z * s.per_split, end = begin + s.per_split < s.k ? begin + s.per_split : s.k;
  const int ty = static_cast<int>(threadIdx.x) / 16, tx = static_cast<int>(threadIdx.x) % 16;
  const bool is_inside = row0 + ty * kPatch < s.m && column0 + tx * kPatch < s.n;  // else it only helps to gather
  float sums[kPatch][kPatch] = {};
  for (int64_t l0 = begin; l0 < end; l0 += kDepth) {
    for (int i = static_cast<int>(threadIdx.x); i < kTile * kDepth; i += kThreads) {
      const int al = A::kAlong ? i % kDepth : i / kTile, ar = A::kAlong ? i / kDepth : i % kTile;
      const int bl = B::kAlong ? i % kDepth : i / kTile, bc = B::kAlong ? i / kDepth : i % kTile;
      a_tile[al][ar] = row0 + ar < s.m && l0 + al < end ? a(row0 + ar, l0 + al) : 0;
      b_tile[bl][bc] = column0 + bc < s.n && l0 + bl < end ? b(l0 + bl, column0 + bc) : 0;
    }
    __syncthreads();
    for (int l = 0; is_inside && l < kDepth; ++l) {
      float av[kPatch], bv[kPatch];
      for (int j = 0; j < kPatch; ++j) av[j] = a_tile[l][ty * kPatch + j], bv[j] = b_tile[l][tx * kPatch + j];
      for (int i = 0; i < kPatch; ++i) {
        for (int j = 0; j < kPatch; ++j) sums[i][j] = fmaf(av[i], bv[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < kPatch; ++i) {
    for (int j = 0; j < kPatch; ++j) {
      const int64_t row = row0 + ty * kPatch + i, column = column0 + tx * kPatch + j;
      if (row < s.m && column < s.n) out(row, column, static_cast<int64_t>(blockIdx.z), sums[i][j]);
    }
  }
}

template <class A, class B, class Out>
void gather_product(CudaContext& ctx, const ProductSize& s, const A& a, const B& b, const Out& out,
                    std::source_location at = std::source_location::current()) {
  const dim3 blocks(blocks_of(ceil_div(s.m, kTile)), rows_of(ceil_div(s.n, kTile)),
                    rows_of(ceil_div(s.k, s.per_split)));
  launch(gather_product_kernel<A, B, Out>, {blocks, kThreads, 0, at}, ctx.stream, a, b, out, s);
}

}  // namespace ppl
