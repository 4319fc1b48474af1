// What a CUDA kernel needs besides its arguments: a stream, and scratch memory that is kept between calls.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/base.h"

struct CUstream_st;  // cudaStream_t points to one; named here so that only .cu files need the toolkit's headers

namespace ppl {

// Whether this build has launchers for CudaContext, real or emulated (PPL_GPU in CMake).
inline constexpr bool kCudaKernels = PPL_CUDA_KERNELS;

// Scratch slots: buffers of different slots may be live at the same time.
enum CudaSlot : size_t { slot_partial, slot_tables, slot_lines, slot_product, slot_library };

struct CudaContext {
  // The one context of the process: its device (choose_cuda_device, else 0), a stream of its own. Made at the first
  // call; Error where no device is. Kernels and copies run in the order of the calls, so one thread at a time may use
  // it.
  static CudaContext& current();

  // At least count elements in device memory, aligned to 256 bytes, of unspecified content, valid for kernels launched
  // before the next call with this slot.
  template <class T>
  T* scratch(size_t slot, size_t count) {
    return static_cast<T*>(scratch_bytes(slot, count * sizeof(T)));
  }

  CUstream_st* stream = nullptr;

 private:
  void* scratch_bytes(size_t slot, size_t bytes);

  struct Slot {
    void* memory = nullptr;
    size_t bytes = 0;
  };
  std::vector<Slot> slots_;
};

}  // namespace ppl
