// Small matrix products in f32, for the cells of pyramid pooling. Defined in cpu/matmul.cpp and cuda/matmul.cu.
#pragma once

#include "kernels/base.h"

namespace ppl {

// c [m,n] = a [m,k] b [k,n]. Element (i,l) of a is a[i * a_row + l * a_column]: a transposed matrix is read where it
// lies. Rows of b and c lie b_row and c_row apart.
struct Matmul {
  int64_t m = 0, n = 0, k = 0;
  int64_t a_row = 0, a_column = 1;
  int64_t b_row = 0, c_row = 0;
};

void matmul(CpuContext&, const Matmul&, const float* a, const float* b, float* c);
void matmul(CudaContext&, const Matmul&, const float* a, const float* b, float* c);

// The same with b given as [n,k]: rows of length k, b_row apart.
void matmul_transposed(CpuContext&, const Matmul&, const float* a, const float* b, float* c);
void matmul_transposed(CudaContext&, const Matmul&, const float* a, const float* b, float* c);

}  // namespace ppl
