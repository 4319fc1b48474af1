// What a CUDA kernel needs besides its arguments: a stream, and scratch memory that is kept between calls.
#pragma once

#include <cstddef>
#include <memory>
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

  // The blocks in use now: they stay as long as somebody holds them.
  std::vector<std::shared_ptr<void>> hold_scratch() const;

  CUstream_st* stream = nullptr;
  bool recording = false;  // launches are recorded, not run (graph.h), so nothing may wait for the device

 private:
  void* scratch_bytes(size_t slot, size_t bytes);

  struct Slot {
    std::shared_ptr<void> memory;
    size_t bytes = 0;
  };
  std::vector<Slot> slots_;
};

}  // namespace ppl
