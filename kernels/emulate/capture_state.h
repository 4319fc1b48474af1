// Whether the calling thread captures, and what it has captured.
#pragma once

#include <functional>
#include <vector>

#include "kernels/emulate/runtime.h"

using CapturedWorks = std::vector<std::function<void()>>;

struct CUgraph_st {
  CapturedWorks works;
  bool valid = true;
};

namespace ppl::emulate {

// Null where this thread does not capture.
CUgraph_st*& captured();

// For calls that a capture does not take: cudaSuccess outside of one; inside an error, and the capture is invalid.
cudaError_t unless_capturing();

}  // namespace ppl::emulate
