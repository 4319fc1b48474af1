#include "kernels/normalise.h"

#include "kernels/cpu/parallel.h"

namespace ppl {

template <class T>
void normalise(CpuContext&, int64_t pixels, int bands, const uint8_t* x, const uint8_t* valid, const float* tables,
               T* y) {
  parallel_for(pixels, 1 << 14, [&](int64_t begin, int64_t end) {
    const uint8_t* from = x + begin * bands;
    T* to = y + begin * bands;
    for (int64_t i = begin; i < end; ++i) {
      const bool there = !valid || valid[i];
      for (int b = 0; b < bands; ++b) *to++ = T(there ? tables[256 * b + from[b]] : 0.0f);
      from += bands;
    }
  });
}

template void normalise(CpuContext&, int64_t, int, const uint8_t*, const uint8_t*, const float*, float*);
template void normalise(CpuContext&, int64_t, int, const uint8_t*, const uint8_t*, const float*, bf16*);

}  // namespace ppl
