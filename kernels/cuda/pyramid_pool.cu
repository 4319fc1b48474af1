// Pooling: the edges of all cells cut the map into rectangles. A pixel lies in one rectangle, a rectangle in some cells
// of each grid, so x is read once for all grids, and backward's gradient is one value per rectangle and channel.
// Resizing: see pyramid_resize.cu.
#include "kernels/pyramid_pool.h"

#include "kernels/cuda/channels.h"
#include "kernels/cuda/pyramid_cells.h"

namespace ppl {
namespace {

constexpr int kMaxCuts = 24;  // a begin and an end for each of 12 cells

// Ascending positions along an axis where a cell begins or ends; interval i lies between cuts i and i + 1.
struct Cuts {
  int count = 0;
  int at[kMaxCuts];

  explicit Cuts(int n) {
    for (int g = 0; g < kGridCount; ++g) {
      for (int i = 0; i < grid_side(g); ++i) {
        const AdaptiveCell cell(i, n, grid_side(g));
        insert(cell.begin);
        insert(cell.end);
      }
    }
  }
  PPL_DEVICE int intervals() const { return count - 1; }
  PPL_DEVICE int interval_of(int position) const {
    int i = 0;
    while (at[i + 1] <= position) ++i;
    return i;
  }

 private:
  void insert(int position) {
    int i = 0;
    while (i < count && at[i] < position) ++i;
    if (i < count && at[i] == position) return;
    for (int j = count++; j > i; --j) at[j] = at[j - 1];
    at[i] = position;
  }
};

struct Rectangles {
  PyramidPool s;
  Cuts rows, columns;

  int64_t count() const { return int64_t{s.n} * (rows.count - 1) * (columns.count - 1); }
};

// sums [n, row intervals, column intervals, c]. A thread takes N channels of one rectangle.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    rectangle_sums_kernel(Rectangles r, int64_t total, const T* x, float* sums) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t rectangle = i / r.s.c, line = rectangle / r.columns.intervals();
  const int qx = static_cast<int>(rectangle % r.columns.intervals());
  const int qy = static_cast<int>(line % r.rows.intervals());
  const T* image = x + line / r.rows.intervals() * r.s.h * r.s.w * r.s.c + i % r.s.c;
  Pack<N> sum{};
  for (int iy = r.rows.at[qy]; iy < r.rows.at[qy + 1]; ++iy) {
    for (int ix = r.columns.at[qx]; ix < r.columns.at[qx + 1]; ++ix) {
      const Pack<N> v = load<N>(image + (static_cast<int64_t>(iy) * r.s.w + ix) * r.s.c);
      for (int j = 0; j < N; ++j) sum.v[j] += v.v[j];
    }
  }
  store(sums + i, sum);
}

PPL_DEVICE float area_of(const AdaptiveCell& rows, const AdaptiveCell& columns) {
  return static_cast<float>(rows.end - rows.begin) * static_cast<float>(columns.end - columns.begin);
}

// cells from the sums of their rectangles; a thread takes one channel of one cell.
__global__ void __launch_bounds__(kThreads)
    cell_means_kernel(Rectangles r, int64_t total, const float* sums, float* cells) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= total) return;
  const Cell cell(i / r.s.c, r.s.n);
  const AdaptiveCell ys(cell.row, r.s.h, grid_side(cell.grid)), xs(cell.column, r.s.w, grid_side(cell.grid));
  float sum = 0;
  for (int qy = 0; qy < r.rows.intervals(); ++qy) {
    if (r.rows.at[qy] < ys.begin || r.rows.at[qy] >= ys.end) continue;
    for (int qx = 0; qx < r.columns.intervals(); ++qx) {
      if (r.columns.at[qx] < xs.begin || r.columns.at[qx] >= xs.end) continue;
      const int64_t at = (cell.image * r.rows.intervals() + qy) * r.columns.intervals() + qx;
      sum += sums[at * r.s.c + i % r.s.c];
    }
  }
  cells[i] = sum / area_of(ys, xs);
}

// The gradient of every pixel of a rectangle; a thread takes one channel of one rectangle.
__global__ void __launch_bounds__(kThreads)
    rectangle_gradients_kernel(Rectangles r, int64_t total, const float* dcells, float* gradients) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= total) return;
  const int64_t rectangle = i / r.s.c, line = rectangle / r.columns.intervals();
  const int x = r.columns.at[rectangle % r.columns.intervals()], y = r.rows.at[line % r.rows.intervals()];
  float sum = 0;
  for (int g = 0; g < kGridCount; ++g) {
    const int side = grid_side(g);
    for (int row = 0; row < side; ++row) {
      const AdaptiveCell ys(row, r.s.h, side);
      if (y < ys.begin || y >= ys.end) continue;
      for (int column = 0; column < side; ++column) {
        const AdaptiveCell xs(column, r.s.w, side);
        if (x < xs.begin || x >= xs.end) continue;
        const int64_t cell = first_cell(r.s.n, line / r.rows.intervals(), g, row) + column;
        sum += dcells[cell * r.s.c + i % r.s.c] / area_of(ys, xs);
      }
    }
  }
  gradients[i] = sum;
}

// dx += gradients. A thread takes N channels of one pixel.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    add_gradients_kernel(Rectangles r, int64_t total, const float* gradients, T* dx) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / r.s.c, row = pixel / r.s.w;
  const int qy = r.rows.interval_of(static_cast<int>(row % r.s.h));
  const int qx = r.columns.interval_of(static_cast<int>(pixel % r.s.w));
  const int64_t at = (row / r.s.h * r.rows.intervals() + qy) * r.columns.intervals() + qx;
  const Pack<N> g = load<N>(gradients + at * r.s.c + i % r.s.c);
  Pack<N> d = load<N>(dx + i);
  for (int j = 0; j < N; ++j) d.v[j] += g.v[j];
  store(dx + i, d);
}

Grid grid(int64_t count, std::source_location at = std::source_location::current()) {
  return {blocks_of(ceil_div(count, kThreads)), kThreads, 0, at};
}

}  // namespace

template <class T>
void pyramid_pool_forward(CudaContext& ctx, const PyramidPool& s, const T* x, float* cells) {
  const Rectangles r{s, Cuts(s.h), Cuts(s.w)};
  const int64_t total = r.count() * s.c, cell_total = int64_t{kPyramidCells} * s.n * s.c;
  float* sums = ctx.scratch<float>(slot_partial, static_cast<size_t>(total));
  with_width<T>(s.c, is_wide(x), [&](auto width) {
    launch(rectangle_sums_kernel<T, width>, grid(ceil_div(total, width)), ctx.stream, r, total, x, sums);
  });
  launch(cell_means_kernel, grid(cell_total), ctx.stream, r, cell_total, sums, cells);
}

template <class T>
void pyramid_pool_backward(CudaContext& ctx, const PyramidPool& s, const float* dcells, T* dx) {
  const Rectangles r{s, Cuts(s.h), Cuts(s.w)};
  const int64_t rectangles = r.count() * s.c, total = int64_t{s.n} * s.h * s.w * s.c;
  float* gradients = ctx.scratch<float>(slot_partial, static_cast<size_t>(rectangles));
  launch(rectangle_gradients_kernel, grid(rectangles), ctx.stream, r, rectangles, dcells, gradients);
  with_width<T>(s.c, is_wide(dx), [&](auto width) {
    launch(add_gradients_kernel<T, width>, grid(ceil_div(total, width)), ctx.stream, r, total, gradients, dx);
  });
}

#define PPL_INSTANTIATE(T)                                                                \
  template void pyramid_pool_forward(CudaContext&, const PyramidPool&, const T*, float*); \
  template void pyramid_pool_backward(CudaContext&, const PyramidPool&, const float*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
