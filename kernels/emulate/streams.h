// Streams and events. As a rule everything is done when the call returns; then nothing tells whether a stream waits for
// what it needs of another, or the host for a copy.
#pragma once

#include <functional>

#include "kernels/emulate/runtime.h"

namespace ppl::emulate {

// Late streams do what they are given no sooner than somebody waits for it, and no more than that: a wait that is
// missing then reads what was there before. One thread at a time. Switching them off does all that is left.
void set_late_streams(bool late);

// Does the work now, or in the order of a late stream.
void give_to_stream(cudaStream_t, std::function<void()> work);

}  // namespace ppl::emulate
