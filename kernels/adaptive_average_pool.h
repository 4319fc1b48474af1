// Means over a grid of cells that cover the map. Defined in cpu/adaptive_average_pool.cpp and
// cuda/adaptive_average_pool.cu.
#pragma once

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

// Cell i of `grid` along an extent n: from floor(i n / grid) to ceil((i + 1) n / grid). Cells overlap where grid does
// not divide n, and repeat pixels where n < grid.
struct AdaptiveCell {
  int begin, end;
  constexpr AdaptiveCell(int i, int n, int grid)
      : begin(static_cast<int>(int64_t{i} * n / grid)), end(static_cast<int>(ceil_div((i + int64_t{1}) * n, grid))) {}
};

struct AdaptiveAveragePool {
  int n, h, w, c, grid;
};

// x [n,h,w,c] -> y [n,grid,grid,c]
template <class T>
void adaptive_average_pool_forward(CpuContext&, const AdaptiveAveragePool&, const T* x, T* y);
template <class T>
void adaptive_average_pool_forward(CudaContext&, const AdaptiveAveragePool&, const T* x, T* y);

template <class T>
void adaptive_average_pool_backward(CpuContext&, const AdaptiveAveragePool&, const T* dy, T* dx);
template <class T>
void adaptive_average_pool_backward(CudaContext&, const AdaptiveAveragePool&, const T* dy, T* dx);

}  // namespace ppl
