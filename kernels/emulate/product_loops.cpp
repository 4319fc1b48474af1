// In place of cuBLASLt: what it is asked for, as plain loops.
#include "kernels/cuda/product_library.h"
#include "kernels/emulate/capture.h"
#include "kernels/emulate/device_memory.h"

namespace ppl {
namespace {

float element(const void* matrix, bool is_bf16, bool transposed, int64_t lead, int64_t row, int64_t column) {
  const int64_t at = transposed ? row * lead + column : column * lead + row;
  return is_bf16 ? static_cast<float>(static_cast<const bf16*>(matrix)[at]) : static_cast<const float*>(matrix)[at];
}

}  // namespace

bool library_product(CudaContext& ctx, const LibraryProduct& p, const void* a, const void* b, void* d) {
  emulate::in_order(ctx.stream, [=] {
    const emulate::DeviceAccess access;
    for (int64_t column = 0; column < p.n; ++column) {
      for (int64_t row = 0; row < p.m; ++row) {
        float sum = 0;
        for (int64_t l = 0; l < p.k; ++l)
          sum += element(a, p.bf16_in, p.transpose_a, p.a_lead, row, l) *
                 element(b, p.bf16_in, p.transpose_b, p.b_lead, l, column);
        if (p.bf16_out)
          static_cast<bf16*>(d)[column * p.d_lead + row] = bf16(sum);
        else
          static_cast<float*>(d)[column * p.d_lead + row] = sum;
      }
    }
  });
  return true;
}

}  // namespace ppl
