#include <cstring>

#include "kernels/concat.h"
#include "kernels/cpu/map_loop.h"

namespace ppl {

template <class T>
void copy_channels(CpuContext&, int64_t pixels, int64_t channels, const T* x, int64_t x_stride, T* y,
                   int64_t y_stride) {
  const auto bytes = static_cast<size_t>(channels) * sizeof(T);
  parallel_for(pixels, std::max<int64_t>(1, kElementGrain / channels), [&](int64_t b, int64_t e) {
    for (int64_t p = b; p < e; ++p) std::memcpy(static_cast<void*>(y + p * y_stride), x + p * x_stride, bytes);
  });
}

template void copy_channels(CpuContext&, int64_t, int64_t, const float*, int64_t, float*, int64_t);
template void copy_channels(CpuContext&, int64_t, int64_t, const bf16*, int64_t, bf16*, int64_t);

}  // namespace ppl
