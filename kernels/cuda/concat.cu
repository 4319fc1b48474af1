#include "kernels/concat.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

// A thread copies N channels of a pixel.
template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    copy_channels_kernel(int64_t total, int64_t channels, const T* x, int64_t x_stride, T* y, int64_t y_stride) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (i >= total) return;
  const int64_t pixel = i / channels, c = i % channels;
  *reinterpret_cast<Vec16<T, N>*>(y + pixel * y_stride + c) =
      *reinterpret_cast<const Vec16<T, N>*>(x + pixel * x_stride + c);
}

}  // namespace

template <class T>
void copy_channels(CudaContext& ctx, int64_t pixels, int64_t channels, const T* x, int64_t x_stride, T* y,
                   int64_t y_stride) {
  const bool aligned = is_wide(x) && is_wide(y) && x_stride % kWide<T> == 0 && y_stride % kWide<T> == 0;
  with_width<T>(channels, aligned, [&](auto width) {
    launch(copy_channels_kernel<T, width>, {blocks_of(ceil_div(pixels * channels, width * kThreads)), kThreads},
           ctx.stream, pixels * channels, channels, x, x_stride, y, y_stride);
  });
}

template void copy_channels(CudaContext&, int64_t, int64_t, const float*, int64_t, float*, int64_t);
template void copy_channels(CudaContext&, int64_t, int64_t, const bf16*, int64_t, bf16*, int64_t);

}  // namespace ppl
