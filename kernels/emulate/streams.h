// Emulated CUDA streams and events. Normally a stream's work is done before the call that gives it returns. Code that
// forgets to wait for a stream then still works here, although it would fail on a device.
#pragma once

#include <functional>

#include "kernels/emulate/runtime.h"

namespace ppl::emulate {

// To find such code, tests make streams late: a late stream keeps its work in a queue and does only as much of it as
// somebody waits for. Code that does not wait then reads old data. `first` is the stream of CudaContext::current(),
// `others` are all the rest. Changing the setting finishes all queued work. For one thread at a time.
struct LateStreams {
  bool first = false, others = false;
};
void set_late_streams(LateStreams);

// Does the work at once, or appends it to the queue of a late stream.
void give_to_stream(cudaStream_t, std::function<void()> work);

}  // namespace ppl::emulate
