#include "kernels/adaptive_average_pool.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

// A thread takes N channels of one cell.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) average_kernel(AdaptiveAveragePool s, int64_t total, const T* x, T* y) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t cell = i / s.c, row = cell / s.grid;
  const AdaptiveCell ys(static_cast<int>(row % s.grid), s.h, s.grid), xs(static_cast<int>(cell % s.grid), s.w, s.grid);
  const T* image = x + row / s.grid * s.h * s.w * s.c + i % s.c;
  Pack<N> total_sum{};
  for (int iy = ys.begin; iy < ys.end; ++iy) {
    Pack<N> line{};
    for (int ix = xs.begin; ix < xs.end; ++ix) {
      const Pack<N> v = load<N>(image + (static_cast<int64_t>(iy) * s.w + ix) * s.c);
      for (int j = 0; j < N; ++j) line.v[j] += v.v[j];
    }
    for (int j = 0; j < N; ++j) total_sum.v[j] += line.v[j];
  }
  const float inverse = 1 / static_cast<float>((ys.end - ys.begin) * (xs.end - xs.begin));
  for (int j = 0; j < N; ++j) total_sum.v[j] *= inverse;
  store(y + i, total_sum);
}

// A thread takes N channels of one pixel and gathers from the cells that hold it.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    average_backward_kernel(AdaptiveAveragePool s, int64_t total, const T* dy, T* dx) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / s.c, row = pixel / s.w;
  const int64_t iy = row % s.h, ix = pixel % s.w;
  const T* image = dy + row / s.h * s.grid * s.grid * s.c + i % s.c;
  Pack<N> d{};
  for (int gy = static_cast<int>(iy * s.grid / s.h); gy < ceil_div((iy + 1) * s.grid, s.h); ++gy) {
    const AdaptiveCell ys(gy, s.h, s.grid);
    for (int gx = static_cast<int>(ix * s.grid / s.w); gx < ceil_div((ix + 1) * s.grid, s.w); ++gx) {
      const AdaptiveCell xs(gx, s.w, s.grid);
      const float inverse = 1 / static_cast<float>((ys.end - ys.begin) * (xs.end - xs.begin));
      const Pack<N> g = load<N>(image + (static_cast<int64_t>(gy) * s.grid + gx) * s.c);
      for (int j = 0; j < N; ++j) d.v[j] += inverse * g.v[j];
    }
  }
  store(dx + i, d);
}

}  // namespace

template <class T>
void adaptive_average_pool_forward(CudaContext& ctx, const AdaptiveAveragePool& s, const T* x, T* y) {
  const int64_t total = int64_t{s.n} * s.grid * s.grid * s.c;
  with_width<T>(s.c, is_wide(x) && is_wide(y), [&](auto width) {
    launch(average_kernel<T, width>, {blocks_of(ceil_div(total, width * kThreads)), kThreads}, ctx.stream, s, total, x,
           y);
  });
}

template <class T>
void adaptive_average_pool_backward(CudaContext& ctx, const AdaptiveAveragePool& s, const T* dy, T* dx) {
  const int64_t total = int64_t{s.n} * s.h * s.w * s.c;
  with_width<T>(s.c, is_wide(dy) && is_wide(dx), [&](auto width) {
    launch(average_backward_kernel<T, width>, {blocks_of(ceil_div(total, width * kThreads)), kThreads}, ctx.stream, s,
           total, dy, dx);
  });
}

#define PPL_INSTANTIATE(T)                                                                             \
  template void adaptive_average_pool_forward(CudaContext&, const AdaptiveAveragePool&, const T*, T*); \
  template void adaptive_average_pool_backward(CudaContext&, const AdaptiveAveragePool&, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
