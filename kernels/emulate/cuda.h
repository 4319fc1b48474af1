// CUDA's words for .cu files that are compiled as C++: keywords, coordinates, barriers and warp functions of the
// emulated execution (grid.h), the emulated runtime.
#pragma once

#include <cmath>
#include <cstring>

#include "kernels/emulate/capture.h"
#include "kernels/emulate/grid.h"
#include "kernels/emulate/launch_log.h"
#include "kernels/emulate/runtime.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
// One block runs at a time. Not thread_local: AddressSanitizer guards the ends of plain variables only.
#define __shared__ static

// Stops the thread until all of the block are there.
#define __syncthreads() ::ppl::emulate::barrier(__LINE__)

inline void __syncwarp(unsigned mask = ~0u) { ppl::emulate::exchange("__syncwarp", mask, 0, ppl::emulate::lane()); }

namespace ppl::emulate {

template <class T>
uint64_t to_bits(T v) {
  static_assert(sizeof(T) <= 8);
  uint64_t b = 0;
  std::memcpy(&b, &v, sizeof v);
  return b;
}

template <class T>
T shuffle(const char* what, unsigned mask, T v, int source) {
  const uint64_t b = exchange(what, mask, to_bits(v), source).value;
  std::memcpy(&v, &b, sizeof v);
  return v;
}

}  // namespace ppl::emulate

template <class T>
T __shfl_sync(unsigned mask, T v, int source) {
  return ppl::emulate::shuffle("__shfl_sync", mask, v, source & 31);
}
template <class T>
T __shfl_down_sync(unsigned mask, T v, unsigned by) {
  const int own = ppl::emulate::lane(), source = own + static_cast<int>(by);
  return ppl::emulate::shuffle("__shfl_down_sync", mask, v, source < 32 ? source : own);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T v, int bits) {
  return ppl::emulate::shuffle("__shfl_xor_sync", mask, v, ppl::emulate::lane() ^ bits);
}
inline unsigned __ballot_sync(unsigned mask, int p) {
  return ppl::emulate::exchange("__ballot_sync", mask, p != 0, ppl::emulate::lane()).ballot;
}
