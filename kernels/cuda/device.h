// The device's memory, for callers that know nothing of CUDA. Everything runs in the order of CudaContext's stream.
// Defined in device.cu, or in no_cuda.cpp where this build has no CUDA: then every function but cuda_problem and
// cuda_device_count throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ppl {

// Why nothing can run on a CUDA device here, as a line for the user; empty where something can.
std::string cuda_problem();

// How many devices this process sees; 0 where none can be used.
int cuda_device_count();

// The device of this process, 0 where none is chosen. Error where another one is in use already.
void choose_cuda_device(int number);
int cuda_device_number();  // which one was chosen, 0 as long as none was

// For a thread beside the one that uses the device, before its first call: else it would open device 0 too.
void enter_cuda_device() noexcept;

// Its UUID, or that of the device of a number, which is not opened: the same in two processes that share a device.
std::array<uint32_t, 4> cuda_device_identity();
std::array<uint32_t, 4> cuda_device_identity(int number);

// "NVIDIA H200, 140 GiB, cuDNN 9.19.0", or what the emulation calls itself.
std::string cuda_device_name();

// Aligned to 256 bytes. The pool keeps freed blocks for the next call. OutOfMemory where the device has none left.
void* cuda_allocate(size_t bytes);
void cuda_free(void*) noexcept;

// Bytes taken now, and at most since the last reset: tensors, scratch memory, graphs (graph.h).
struct CudaMemoryUse {
  size_t now = 0, peak = 0;
};
CudaMemoryUse cuda_memory_use();
void cuda_reset_peak();

// Host memory may be used again as soon as the first returns; the second waits for the data. Both go through a pinned
// buffer.
void copy_to_device(void* device, const void* host, size_t bytes);
void copy_to_host(void* host, const void* device, size_t bytes);
void copy_on_device(void* to, const void* from, size_t bytes);
void zero_on_device(void*, size_t bytes);

// Waits for all that was launched; throws what it failed with.
void cuda_synchronize();

}  // namespace ppl
