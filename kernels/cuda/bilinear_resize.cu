#include "kernels/bilinear_resize.h"

#include "kernels/cuda/channels.h"

namespace ppl {
namespace {

// The taps in f64, as on the CPU, once per position and not once per thread.
__global__ void taps_kernel(int in, int out, BilinearTap* taps) {
  const int o = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (o < out) taps[o] = BilinearTap(o, in, out);
}

struct Range {
  int begin, end;
};

// The outputs that read input i: first(o) <= i <= second(o), both ascending.
__global__ void readers_kernel(int in, int out, const BilinearTap* taps, Range* readers) {
  const int i = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (i >= in) return;
  const auto first_where = [&](auto holds) {
    int low = 0, high = out;
    while (low < high) {
      const int middle = (low + high) / 2;
      if (holds(taps[middle]))
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  };
  readers[i] = {first_where([&](const BilinearTap& t) { return t.second >= i; }),
                first_where([&](const BilinearTap& t) { return t.first > i; })};
}

PPL_DEVICE float weight_of(const BilinearTap& t, int i) {
  return (t.first == i ? 1 - t.weight : 0.0f) + (t.second == i ? t.weight : 0.0f);
}

// A thread takes N channels of one output.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    resize_kernel(BilinearResize s, int64_t total, const BilinearTap* rows, const BilinearTap* columns, const T* x,
                  const T* addend, T* y) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / s.c, row = pixel / s.ow;
  const BilinearTap v = rows[row % s.oh], h = columns[pixel % s.ow];
  const T* image = x + row / s.oh * s.h * s.w * s.c + i % s.c;
  const auto at = [&](int iy, int ix) { return load<N>(image + (static_cast<int64_t>(iy) * s.w + ix) * s.c); };
  const Pack<N> a = at(v.first, h.first), b = at(v.second, h.first), c = at(v.first, h.second),
                d = at(v.second, h.second);
  Pack<N> r{};
  if (addend) r = load<N>(addend + i);
  for (int j = 0; j < N; ++j) {
    const float left = (1 - v.weight) * a.v[j] + v.weight * b.v[j];
    const float right = (1 - v.weight) * c.v[j] + v.weight * d.v[j];
    r.v[j] += (1 - h.weight) * left + h.weight * right;
  }
  store(y + i, r);
}

// A thread takes N channels of one input and gathers from the outputs that read it.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    resize_backward_kernel(BilinearResize s, int64_t total, const BilinearTap* rows, const BilinearTap* columns,
                           const Range* row_readers, const Range* column_readers, const T* dy, T* dx) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / s.c, row = pixel / s.w;
  const int iy = static_cast<int>(row % s.h), ix = static_cast<int>(pixel % s.w);
  const Range ys = row_readers[iy], xs = column_readers[ix];
  const T* image = dy + row / s.h * s.oh * s.ow * s.c + i % s.c;
  Pack<N> d{};
  for (int oy = ys.begin; oy < ys.end; ++oy) {
    const float vertical = weight_of(rows[oy], iy);
    for (int ox = xs.begin; ox < xs.end; ++ox) {
      const float weight = vertical * weight_of(columns[ox], ix);
      const Pack<N> g = load<N>(image + (static_cast<int64_t>(oy) * s.ow + ox) * s.c);
      for (int j = 0; j < N; ++j) d.v[j] += weight * g.v[j];
    }
  }
  store(dx + i, d);
}

Grid grid(int64_t count, std::source_location at = std::source_location::current()) {
  return {blocks_of(ceil_div(count, kThreads)), kThreads, 0, at};
}

struct Tables {
  BilinearTap *rows, *columns;

  Tables(CudaContext& ctx, const BilinearResize& s)
      : rows(ctx.scratch<BilinearTap>(slot_tables, static_cast<size_t>(s.oh) + static_cast<size_t>(s.ow))),
        columns(rows + s.oh) {
    launch(taps_kernel, grid(s.oh), ctx.stream, s.h, s.oh, rows);
    launch(taps_kernel, grid(s.ow), ctx.stream, s.w, s.ow, columns);
  }
};

}  // namespace

template <class T>
void bilinear_resize_forward(CudaContext& ctx, const BilinearResize& s, const T* x, const T* addend, T* y) {
  const Tables taps(ctx, s);
  const int64_t total = int64_t{s.n} * s.oh * s.ow * s.c;
  with_width<T>(s.c, is_wide(x) && is_wide(addend) && is_wide(y), [&](auto width) {
    launch(resize_kernel<T, width>, grid(ceil_div(total, width)), ctx.stream, s, total, taps.rows, taps.columns, x,
           addend, y);
  });
}

template <class T>
void bilinear_resize_backward(CudaContext& ctx, const BilinearResize& s, const T* dy, T* dx) {
  const Tables taps(ctx, s);
  Range* rows = ctx.scratch<Range>(slot_lines, static_cast<size_t>(s.h) + static_cast<size_t>(s.w));
  Range* columns = rows + s.h;
  launch(readers_kernel, grid(s.h), ctx.stream, s.h, s.oh, taps.rows, rows);
  launch(readers_kernel, grid(s.w), ctx.stream, s.w, s.ow, taps.columns, columns);
  const int64_t total = int64_t{s.n} * s.h * s.w * s.c;
  with_width<T>(s.c, is_wide(dy) && is_wide(dx), [&](auto width) {
    launch(resize_backward_kernel<T, width>, grid(ceil_div(total, width)), ctx.stream, s, total, taps.rows,
           taps.columns, rows, columns, dy, dx);
  });
}

#define PPL_INSTANTIATE(T)                                                                            \
  template void bilinear_resize_forward(CudaContext&, const BilinearResize&, const T*, const T*, T*); \
  template void bilinear_resize_backward(CudaContext&, const BilinearResize&, const T*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
