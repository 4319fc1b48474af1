#include "kernels/bilinear_resize.h"
#include "kernels/cuda/channels.h"
#include "kernels/cuda/pyramid_cells.h"

namespace ppl {
namespace {

// Taps of position p in each grid, at [4 p + grid].
__global__ void grid_taps_kernel(int n, BilinearTap* taps) {
  const int i = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (i < kGridCount * n) taps[i] = BilinearTap(i / kGridCount, grid_side(i % kGridCount), n);
}

// y = relu(y + bias + the grids' values). A thread takes N channels of one pixel; the cells come from cache.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    resize_grids_kernel(PyramidPool s, int64_t total, const BilinearTap* rows, const BilinearTap* columns,
                        const float* cells, const float* bias, T* y) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / s.c, row = pixel / s.w, image = row / s.h;
  const int c = static_cast<int>(i % s.c);
  Pack<N> v = load<N>(y + i);
  const Pack<N> b = load<N>(bias + c);
  for (int j = 0; j < N; ++j) v.v[j] += b.v[j];
  for (int g = 0; g < kGridCount; ++g) {
    const BilinearTap vertical = rows[row % s.h * kGridCount + g], across = columns[pixel % s.w * kGridCount + g];
    const float* upper = cells + first_cell(s.n, image, g, vertical.first) * s.c + c;
    const float* lower = cells + first_cell(s.n, image, g, vertical.second) * s.c + c;
    const int64_t left = static_cast<int64_t>(across.first) * s.c, right = static_cast<int64_t>(across.second) * s.c;
    const Pack<N> p = load<N>(upper + left), q = load<N>(lower + left), r = load<N>(upper + right),
                  t = load<N>(lower + right);
    for (int j = 0; j < N; ++j) {
      const float at_left = (1 - vertical.weight) * p.v[j] + vertical.weight * q.v[j];
      const float at_right = (1 - vertical.weight) * r.v[j] + vertical.weight * t.v[j];
      v.v[j] += (1 - across.weight) * at_left + across.weight * at_right;
    }
  }
  for (int j = 0; j < N; ++j) v.v[j] = v.v[j] < 0 ? 0 : v.v[j];
  store(y + i, v);
}

// Sums into the cells of one grid along a row of the map. Positions come in order, so that two cells are open at a
// time; a cell is written when the positions have passed it.
template <int N>
struct OpenCells {
  Pack<N> here{}, next{};
  int cell = 0;

  PPL_DEVICE void move_to(int to, int c, float* line) {
    for (; cell < to; ++cell) {
      store(line + static_cast<int64_t>(cell) * c, here);
      here = next;
      next = {};
    }
  }
  PPL_DEVICE void add(const BilinearTap& t, const Pack<N>& v) {
    for (int j = 0; j < N; ++j) {
      here.v[j] += (1 - t.weight) * v.v[j];
      next.v[j] += t.weight * v.v[j];
    }
  }
};

// dz = dy where y > 0, and lines [n h, 12, c]: dz gathered along each row. A thread takes N channels of one row.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) gather_rows_kernel(PyramidPool s, int64_t total, const BilinearTap* columns,
                                                               const T* dy, const T* y, T* dz, float* lines) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t row = i / s.c;
  const int c = static_cast<int>(i % s.c);
  float* line = lines + row * kSlots * s.c + c;
  OpenCells<N> open[kGridCount];
  for (int ix = 0; ix < s.w; ++ix) {
    const int64_t at = (row * s.w + ix) * s.c + c;
    Pack<N> d = load<N>(dy + at);
    const Pack<N> result = load<N>(y + at);
    for (int j = 0; j < N; ++j) d.v[j] = result.v[j] > 0 ? d.v[j] : 0;
    store(dz + at, d);
#pragma unroll
    for (int g = 0; g < kGridCount; ++g) {
      const BilinearTap t = columns[ix * kGridCount + g];
      open[g].move_to(t.first, s.c, line + static_cast<int64_t>(slots_before(g)) * s.c);
      open[g].add(t, d);
    }
  }
#pragma unroll
  for (int g = 0; g < kGridCount; ++g)
    open[g].move_to(grid_side(g), s.c, line + static_cast<int64_t>(slots_before(g)) * s.c);
}

// dcells from the lines; a thread takes one channel of one cell.
__global__ void __launch_bounds__(kThreads)
    gather_lines_kernel(PyramidPool s, int64_t total, const BilinearTap* rows, const float* lines, float* dcells) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= total) return;
  const Cell cell(i / s.c, s.n);
  const float* from = lines + (cell.image * s.h * kSlots + slots_before(cell.grid) + cell.column) * s.c + i % s.c;
  float sum = 0;
  for (int iy = 0; iy < s.h; ++iy) {
    const BilinearTap t = rows[iy * kGridCount + cell.grid];
    const float weight = (t.first == cell.row ? 1 - t.weight : 0.0f) + (t.second == cell.row ? t.weight : 0.0f);
    if (weight != 0) sum += weight * from[static_cast<int64_t>(iy) * kSlots * s.c];
  }
  dcells[i] = sum;
}

Grid grid(int64_t count, std::source_location at = std::source_location::current()) {
  return {blocks_of(ceil_div(count, kThreads)), kThreads, 0, at};
}

struct Tables {
  BilinearTap *rows, *columns;

  Tables(CudaContext& ctx, const PyramidPool& s) {
    rows = ctx.scratch<BilinearTap>(slot_tables, kGridCount * (static_cast<size_t>(s.h) + static_cast<size_t>(s.w)));
    columns = rows + int64_t{kGridCount} * s.h;
    launch(grid_taps_kernel, grid(int64_t{kGridCount} * s.h), ctx.stream, s.h, rows);
    launch(grid_taps_kernel, grid(int64_t{kGridCount} * s.w), ctx.stream, s.w, columns);
  }
};

}  // namespace

template <class T>
void pyramid_resize_forward(CudaContext& ctx, const PyramidPool& s, const float* cells, const float* bias, T* y) {
  const Tables taps(ctx, s);
  const int64_t total = int64_t{s.n} * s.h * s.w * s.c;
  with_width<T>(s.c, is_wide(cells) && is_wide(bias) && is_wide(y), [&](auto width) {
    launch(resize_grids_kernel<T, width>, grid(ceil_div(total, width)), ctx.stream, s, total, taps.rows, taps.columns,
           cells, bias, y);
  });
}

template <class T>
void pyramid_resize_backward(CudaContext& ctx, const PyramidPool& s, const T* dy, const T* y, T* dz, float* dcells) {
  const Tables taps(ctx, s);
  const int64_t rows = int64_t{s.n} * s.h * s.c, total = int64_t{kPyramidCells} * s.n * s.c;
  float* lines = ctx.scratch<float>(slot_lines, static_cast<size_t>(rows * kSlots));
  with_width<T>(s.c, is_wide(dy) && is_wide(y) && is_wide(dz), [&](auto width) {
    launch(gather_rows_kernel<T, width>, grid(ceil_div(rows, width)), ctx.stream, s, rows, taps.columns, dy, y, dz,
           lines);
  });
  launch(gather_lines_kernel, grid(total), ctx.stream, s, total, taps.rows, lines, dcells);
}

#define PPL_INSTANTIATE(T)                                                                                \
  template void pyramid_resize_forward(CudaContext&, const PyramidPool&, const float*, const float*, T*); \
  template void pyramid_resize_backward(CudaContext&, const PyramidPool&, const T*, const T*, T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
