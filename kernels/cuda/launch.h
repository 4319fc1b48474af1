// How kernels are launched, get shared memory and touch global memory: the only file that asks whether a GPU compiler
// is at work. Elsewhere a .cu is C++ and runs on kernels/emulate/.
#pragma once

#include <cstdint>
#include <source_location>
#include <type_traits>

#ifdef __CUDACC__
#include <cuda_runtime.h>
#define PPL_DEVICE __device__ __forceinline__
#else
#include "kernels/emulate/cuda.h"
#define PPL_DEVICE inline
#endif

#include "kernels/bf16.h"
#include "kernels/cuda/context.h"

namespace ppl {

// Throws Error naming the call and the place where it is not cudaSuccess.
void check_cuda(cudaError_t, const char* call, std::source_location = std::source_location::current());
#define PPL_CUDA(call) ::ppl::check_cuda(call, #call)

// With PPL_SYNC=1 in the environment waits for the kernel, so that an error inside it is reported where it was
// launched.
void check_launch(cudaStream_t, const std::source_location&);

struct Grid {
  dim3 blocks, threads;
  size_t shared;  // bytes of dynamic shared memory
  std::source_location at;

  Grid(dim3 b, dim3 t, size_t dynamic = 0, std::source_location here = std::source_location::current())
      : blocks(b), threads(t), shared(dynamic), at(here) {}
};

// A grid's x extent from a count of blocks. Error where it exceeds what a device can launch.
inline unsigned blocks_of(int64_t count) {
  PPL_CHECK(count > 0 && count < int64_t{1} << 31, "cuda: a grid of ", count, " blocks");
  return static_cast<unsigned>(count);
}

// The same for y and z, whose limit is smaller.
inline unsigned rows_of(int64_t count) {
  PPL_CHECK(count > 0 && count < 65536, "cuda: a grid of ", count, " rows of blocks, at most 65535 can be launched");
  return static_cast<unsigned>(count);
}

// launch(kernel<float>, {blocks, threads}, stream, args...): the kernel's own parameters decide the arguments' types.
template <class... Params>
void launch(void (*kernel)(Params...), const Grid& g, cudaStream_t stream, std::type_identity_t<Params>... args) {
#ifdef __CUDACC__
  kernel<<<g.blocks, g.threads, g.shared, stream>>>(args...);
#else
  emulate::in_order(stream, [=] { emulate::run_grid(g.blocks, g.threads, g.shared, g.at, [&] { kernel(args...); }); });
#endif
  check_launch(stream, g.at);
}

// The block's dynamic shared memory.
template <class T>
__device__ T* dynamic_smem() {
#ifdef __CUDACC__
  extern __shared__ __align__(16) unsigned char dynamic_bytes[];
  return reinterpret_cast<T*>(dynamic_bytes);
#else
  return reinterpret_cast<T*>(emulate::dynamic_shared());
#endif
}

// Under emulation what vec16.h moves is counted (emulate/launch_log.h).
PPL_DEVICE void count_moved([[maybe_unused]] int64_t read, [[maybe_unused]] int64_t written) {
#ifndef __CUDACC__
  emulate::moved.read += read, emulate::moved.written += written;
#endif
}

// Two floats rounded to bf16, the first in the low half.
PPL_DEVICE uint32_t round_pair(float low, float high) {
#ifdef __CUDACC__
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#else
  return static_cast<uint32_t>(bf16(low).bits) | static_cast<uint32_t>(bf16(high).bits) << 16;
#endif
}

// A product rounded by itself, where nvcc would fuse it with a sum: for results that equal the CPU's to the bit.
PPL_DEVICE float product(float a, float b) {
#ifdef __CUDACC__
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

constexpr unsigned kWholeWarp = 0xffffffffu;

}  // namespace ppl
