// CUDA streams, events, and copies for which the host does not wait, for code that does not include CUDA's headers. In
// a build without CUDA every call that needs a device throws.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/cuda/context.h"

struct CUevent_st;

namespace ppl {

// A new stream on the device of CudaContext::current(). Kernels take it as their context.
std::unique_ptr<CudaContext> make_cuda_stream();

class CudaEvent {
 public:
  CudaEvent();
  ~CudaEvent();
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;

  // As CUDA's functions of these names. An event that was never recorded counts as reached.
  void record(const CudaContext&);               // it is reached when the stream has done all that it was given so far
  void wait(const CudaContext&) const;           // the stream does what it is given from now on only after the event
  bool query() const;                            // whether it is reached; throws if the work before it failed
  void synchronize() const;                      // the host waits until it is reached
  double seconds_since(const CudaEvent&) const;  // time between two events that are reached

 private:
  CUevent_st* event_ = nullptr;
};

// Host memory that the device can reach.
class PinnedMemory {
 public:
  PinnedMemory() = default;
  ~PinnedMemory();
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;

  // Makes room for so many bytes. Growing loses the content, so no copy may be under way. OutOfMemory where it fails.
  void* reserve(size_t bytes);
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

// Copies as part of a stream's work. The host must not touch the pinned memory until the stream has done them.
void copy_to_device_async(const CudaContext&, void* device, const void* pinned, size_t bytes);
void copy_to_host_async(const CudaContext&, void* pinned, const void* device, size_t bytes);

}  // namespace ppl
