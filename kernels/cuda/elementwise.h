// A pass over the elements of flat arrays.
#pragma once

#include "kernels/cuda/vec16.h"

namespace ppl {

constexpr int kThreads = 256;  // of a block, where nothing speaks for another number

// body.run<N>(i) handles elements i to i + N; the rest of an array goes one by one.
template <int N, class Body>
__global__ void __launch_bounds__(kThreads) elements_kernel(Body body, int64_t n, bool wide) {
  int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
  if (wide && i + N <= n) {
    body.template run<N>(i);
    return;
  }
  const int64_t end = i + N < n ? i + N : n;
  for (; i < end; ++i) body.template run<1>(i);
}

// wide: all arrays are aligned to 16 bytes.
template <int N, class Body>
void for_elements(CudaContext& ctx, int64_t n, bool wide, const Body& body,
                  std::source_location at = std::source_location::current()) {
  if (n == 0) return;
  launch(elements_kernel<N, Body>, {blocks_of(ceil_div(n, int64_t{N} * kThreads)), kThreads, 0, at}, ctx.stream, body,
         n, wide);
}

}  // namespace ppl
