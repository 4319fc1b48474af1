// The convolutions of a piece of work, and how often each comes.
#pragma once

#include <functional>
#include <map>

#include "kernels/conv_runs.h"

namespace ppl {

inline std::map<ConvCall, int> traced_convolutions(const std::function<void()>& work) {
  forget_conv_runs();
  work();
  std::map<ConvCall, int> calls;
  for (const ConvRun& r : conv_runs()) calls[r.call] += static_cast<int>(r.calls);
  return calls;
}

}  // namespace ppl
