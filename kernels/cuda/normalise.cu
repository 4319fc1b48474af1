#include "kernels/normalise.h"

#include "kernels/cuda/elementwise.h"

namespace ppl {
namespace {

template <class T>
struct Normalise {
  int bands;
  const uint8_t *x, *valid;
  const float* tables;  // a few KB, which stay in the cache
  T* y;

  template <int N>
  __device__ void run(int64_t i) const {
    const Vec16<uint8_t, N> bytes = *reinterpret_cast<const Vec16<uint8_t, N>*>(x + i);
    Pack<N> out;
    int64_t pixel = i / bands;
    int band = static_cast<int>(i % bands);
    for (int j = 0; j < N; ++j) {
      out.v[j] = valid && !valid[pixel] ? 0.0f : tables[256 * band + bytes.v[j]];
      if (++band < bands) continue;
      band = 0;
      ++pixel;
    }
    store(y + i, out);
  }
};

}  // namespace

template <class T>
void normalise(CudaContext& ctx, int64_t pixels, int bands, const uint8_t* x, const uint8_t* valid, const float* tables,
               T* y) {
  for_elements<8>(ctx, pixels * bands, is_wide(x) && is_wide(y), Normalise<T>{bands, x, valid, tables, y});
}

template void normalise(CudaContext&, int64_t, int, const uint8_t*, const uint8_t*, const float*, float*);
template void normalise(CudaContext&, int64_t, int, const uint8_t*, const uint8_t*, const float*, bf16*);

}  // namespace ppl
