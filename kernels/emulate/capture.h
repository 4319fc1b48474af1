// Stream capture: between cudaStreamBeginCapture and cudaStreamEndCapture of a thread, what it launches and copies is
// kept, with its arguments, instead of being done. capture_state.h says whether a thread captures.
#pragma once

#include <functional>

#include "kernels/emulate/runtime.h"

namespace ppl::emulate {

// Does the work, or keeps it while this thread captures.
void in_order(cudaStream_t, std::function<void()> work);

}  // namespace ppl::emulate
