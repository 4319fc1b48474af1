// Streams beside CudaContext's, and marks in the order of a stream's work, for callers that know nothing of CUDA. Only
// where kCudaKernels.
#pragma once

#include <memory>

#include "kernels/cuda/context.h"

struct CUevent_st;

namespace ppl {

// A stream of its own on the device of CudaContext::current(); kernels take it as their context.
std::unique_ptr<CudaContext> make_cuda_stream();

class CudaMark {
 public:
  CudaMark();
  ~CudaMark();
  CudaMark(const CudaMark&) = delete;
  CudaMark& operator=(const CudaMark&) = delete;

  void set(const CudaContext&);                 // behind all that the stream was given so far
  void hold_back(const CudaContext&) const;     // what the stream is given from now on waits for the mark
  bool passed() const;                          // throws what the work before it failed with
  void wait() const;                            // stops the host until then
  double seconds_since(const CudaMark&) const;  // from that one to this; both passed

 private:
  CUevent_st* event_ = nullptr;
};

}  // namespace ppl
