#include "kernels/max_pool.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <int N>
struct alignas(N) Bytes {
  uint8_t v[N];
};

// A thread takes N channels of one output. x is read about (window / stride)^2 times, mostly from cache.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    max_pool_kernel(MaxPool s, int64_t total, const T* __restrict__ x, T* __restrict__ y, uint8_t* __restrict__ where) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / s.c, row = pixel / s.ow;
  const int c = static_cast<int>(i % s.c), oy = static_cast<int>(row % s.oh), ox = static_cast<int>(pixel % s.ow);
  const int top = oy * s.stride - s.pad, left = ox * s.stride - s.pad;
  const T* image = x + row / s.oh * s.h * s.w * s.c + c;
  const int first_k = top < 0 ? -top : 0, first_l = left < 0 ? -left : 0;
  Pack<N> best;
  int from[N];
  for (int j = 0; j < N; ++j) best.v[j] = -INFINITY, from[j] = first_k * s.window + first_l;
  for (int k = first_k; k < s.window && top + k < s.h; ++k) {
    for (int l = first_l; l < s.window && left + l < s.w; ++l) {
      const Pack<N> v = load<N>(image + (static_cast<int64_t>(top + k) * s.w + left + l) * s.c);
      for (int j = 0; j < N; ++j) {
        if (v.v[j] > best.v[j] || v.v[j] != v.v[j]) best.v[j] = v.v[j], from[j] = k * s.window + l;  // NaN wins
      }
    }
  }
  store(y + i, best);
  Bytes<N> bytes;
  for (int j = 0; j < N; ++j) bytes.v[j] = static_cast<uint8_t>(from[j]);
  *reinterpret_cast<Bytes<N>*>(where + i) = bytes;
}

// A thread takes N channels of one input and gathers from the windows over it.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    max_pool_backward_kernel(MaxPool s, int64_t total, const T* __restrict__ dy, const uint8_t* __restrict__ where,
                             T* __restrict__ dx) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / s.c, row = pixel / s.w;
  const int c = static_cast<int>(i % s.c);
  const int y = static_cast<int>(row % s.h) + s.pad, x = static_cast<int>(pixel % s.w) + s.pad;
  const int64_t image = row / s.h * s.oh * s.ow;
  const int first_y = y < s.window ? 0 : (y - s.window) / s.stride + 1;
  const int first_x = x < s.window ? 0 : (x - s.window) / s.stride + 1;
  Pack<N> d{};
  for (int oy = first_y; oy < s.oh && oy * s.stride <= y; ++oy) {
    for (int ox = first_x; ox < s.ow && ox * s.stride <= x; ++ox) {
      const int64_t at = (image + static_cast<int64_t>(oy) * s.ow + ox) * s.c + c;
      const int mine = (y - oy * s.stride) * s.window + x - ox * s.stride;
      const Bytes<N> from = *reinterpret_cast<const Bytes<N>*>(where + at);
      const Pack<N> g = load<N>(dy + at);
      for (int j = 0; j < N; ++j) d.v[j] += from.v[j] == mine ? g.v[j] : 0;
    }
  }
  store(dx + i, d);
}

template <int N>
Grid grid(int64_t total, std::source_location at = std::source_location::current()) {
  return {blocks_of(ceil_div(total, int64_t{N} * kThreads)), kThreads, 0, at};
}

bool is_aligned(const uint8_t* p, int to) { return reinterpret_cast<uintptr_t>(p) % static_cast<uintptr_t>(to) == 0; }

}  // namespace

template <class T>
void max_pool_forward(CudaContext& ctx, const MaxPool& s, const T* x, T* y, uint8_t* where) {
  const int64_t total = int64_t{s.n} * s.oh * s.ow * s.c;
  with_width<T>(s.c, is_wide(x) && is_wide(y) && is_aligned(where, kWide<T>), [&](auto width) {
    launch(max_pool_kernel<T, width>, grid<width>(total), ctx.stream, s, total, x, y, where);
  });
}

template <class T>
void max_pool_backward(CudaContext& ctx, const MaxPool& s, const T* dy, const uint8_t* where, T* dx) {
  const int64_t total = int64_t{s.n} * s.h * s.w * s.c;
  with_width<T>(s.c, is_wide(dy) && is_wide(dx) && is_aligned(where, kWide<T>), [&](auto width) {
    launch(max_pool_backward_kernel<T, width>, grid<width>(total), ctx.stream, s, total, dy, where, dx);
  });
}

#define PPL_INSTANTIATE(T)                                                              \
  template void max_pool_forward(CudaContext&, const MaxPool&, const T*, T*, uint8_t*); \
  template void max_pool_backward(CudaContext&, const MaxPool&, const T*, const uint8_t*, T*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
