// Rows of pixels are columns to BLAS: x is [C,pixels], y [K,pixels], w [C,K].
#include <cstdlib>
#include <cstring>

#include "kernels/cuda/product_library.h"

namespace ppl {
namespace {

bool& by_library() {
  static bool on = [] {
    const char* s = std::getenv("PPL_CUBLASLT");
    return s && std::strcmp(s, "1") == 0;
  }();
  return on;
}

bool is_product(const Conv& s) { return s.r == 1 && s.s == 1 && s.stride == Axes(1) && s.pad == Axes(0); }

int64_t pixels(const Conv& s) { return int64_t{s.n} * s.h * s.w; }

template <class T>
constexpr bool is_bf16 = std::is_same_v<T, bf16>;

}  // namespace

bool products_by_library() { return by_library(); }
void set_products_by_library(bool on) { by_library() = on; }

namespace cuda_pointwise {

template <class T>
bool forward(CudaContext& ctx, const Conv& s, const T* x, const T* w, T* y) {
  return is_product(s) && library_product(ctx,
                                          {.m = s.k,
                                           .n = pixels(s),
                                           .k = s.c,
                                           .transpose_a = true,
                                           .a_lead = s.c,
                                           .b_lead = s.c,
                                           .d_lead = s.k,
                                           .bf16_in = is_bf16<T>,
                                           .bf16_out = is_bf16<T>},
                                          w, x, y);
}

template <class T>
bool backward_data(CudaContext& ctx, const Conv& s, const T* dy, const T* w, T* dx) {
  return is_product(s) && library_product(ctx,
                                          {.m = s.c,
                                           .n = pixels(s),
                                           .k = s.k,
                                           .a_lead = s.c,
                                           .b_lead = s.k,
                                           .d_lead = s.c,
                                           .bf16_in = is_bf16<T>,
                                           .bf16_out = is_bf16<T>},
                                          w, dy, dx);
}

template <class T>
bool backward_weights(CudaContext& ctx, const Conv& s, const T* x, const T* dy, float* dw) {
  return is_product(s) && library_product(ctx,
                                          {.m = s.c,
                                           .n = s.k,
                                           .k = pixels(s),
                                           .transpose_b = true,
                                           .a_lead = s.c,
                                           .b_lead = s.k,
                                           .d_lead = s.c,
                                           .bf16_in = is_bf16<T>},
                                          x, dy, dw);
}

#define PPL_INSTANTIATE(T)                                                        \
  template bool forward(CudaContext&, const Conv&, const T*, const T*, T*);       \
  template bool backward_data(CudaContext&, const Conv&, const T*, const T*, T*); \
  template bool backward_weights(CudaContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace cuda_pointwise
}  // namespace ppl
