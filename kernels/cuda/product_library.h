// Matrix products by cuBLASLt, beside our own and cuDNN's. Defined in product_cublaslt.cpp, in no_cublaslt.cpp without
// it, and under emulation in emulate/product_loops.cpp.
#pragma once

#include <cstdint>

#include "kernels/conv.h"
#include "kernels/cuda/context.h"

namespace ppl {

// As BLAS has it, columns contiguous: d [m,n] = op(a) [m,k] op(b) [k,n], where op transposes what is stored as its
// transpose. The leading dimensions are in elements. Sums are f32; f32 is IEEE f32, not TF32.
struct LibraryProduct {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  int64_t a_lead = 0, b_lead = 0, d_lead = 0;
  bool bf16_in = false, bf16_out = false;  // else f32

  auto operator<=>(const LibraryProduct&) const = default;
};

// False, and nothing done, where the library is missing or has no algorithm. The same bits every time.
bool library_product(CudaContext&, const LibraryProduct&, const void* a, const void* b, void* d);

// Whether matmul and 1x1 convolutions ask this library before our own kernel and cuDNN: at first what PPL_CUBLASLT=1 in
// the environment says, else not.
bool products_by_library();
void set_products_by_library(bool on);

// Convolutions of 1x1 windows as products, without epilogues. False, and nothing done, for other shapes (strides too).
namespace cuda_pointwise {
template <class T>
bool forward(CudaContext&, const Conv&, const T* x, const T* w, T* y);
template <class T>
bool backward_data(CudaContext&, const Conv&, const T* dy, const T* w, T* dx);
template <class T>
bool backward_weights(CudaContext&, const Conv&, const T* x, const T* dy, float* dw);
}  // namespace cuda_pointwise

}  // namespace ppl
