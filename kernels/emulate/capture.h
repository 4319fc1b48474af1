// Stream capture: between cudaStreamBeginCapture and cudaStreamEndCapture of a thread, what it launches and copies is
// kept, with its arguments, instead of being done.
#pragma once

#include <functional>

#include "kernels/emulate/runtime.h"

namespace ppl::emulate {

// For calls that a capture does not take: cudaSuccess outside of one; inside an error, and the capture is invalid.
cudaError_t unless_capturing();

// Does the work, or keeps it while this thread captures.
void in_order(cudaStream_t, std::function<void()> work);

}  // namespace ppl::emulate
