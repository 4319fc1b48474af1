// Streams and events. As a rule everything is done when the call returns; then nothing tells whether a stream waits for
// what it needs of another, or the host for a copy.
#pragma once

#include <functional>

#include "kernels/emulate/runtime.h"

namespace ppl::emulate {

// Late streams do what they are given no sooner than somebody waits for it, and no more than that: who does not wait
// reads what was there before, or what came after. The first stream is CudaContext::current()'s. One thread at a time.
// A change does first all that is left.
struct LateStreams {
  bool first = false, others = false;
};
void set_late_streams(LateStreams);

// Does the work now, or in the order of a late stream.
void give_to_stream(cudaStream_t, std::function<void()> work);

}  // namespace ppl::emulate
