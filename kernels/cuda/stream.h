// Streams beside CudaContext's, marks in the order of a stream's work, and copies for which the host does not wait, for
// callers that know nothing of CUDA. Where this build has no CUDA, what would use a device throws.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/cuda/context.h"

struct CUevent_st;

namespace ppl {

// A stream of its own on the device of CudaContext::current(); kernels take it as their context.
std::unique_ptr<CudaContext> make_cuda_stream();

class CudaEvent {
 public:
  CudaEvent();
  ~CudaEvent();
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;

  // One that was never set has passed.
  void record(const CudaContext&);               // behind all that the stream was given so far
  void wait(const CudaContext&) const;           // what the stream is given from now on waits for the mark
  bool query() const;                            // throws what the work before it failed with
  void synchronize() const;                      // stops the host until then
  double seconds_since(const CudaEvent&) const;  // from that one to this; both passed

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

  // At least so many bytes; their content is lost where more is taken than before. No copy may be under way then.
  // OutOfMemory where there is none.
  void* reserve(size_t bytes);
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

// Copies in the order of a stream: until it is past them the pinned memory belongs to the device.
void copy_to_device_async(const CudaContext&, void* device, const void* pinned, size_t bytes);
void copy_to_host_async(const CudaContext&, void* pinned, const void* device, size_t bytes);

}  // namespace ppl
