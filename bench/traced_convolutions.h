// The convolutions of a piece of work on the CPU, and how often each comes.
#pragma once

#include <functional>
#include <map>

#include "kernels/cpu/conv_impl.h"

namespace ppl {

struct ConvCall {
  ConvKind kind;
  Conv shape;
  auto operator<=>(const ConvCall&) const = default;
};

inline std::map<ConvCall, int> traced_convolutions(const std::function<void()>& work) {
  std::map<ConvCall, int> calls;
  trace_convolutions([&](ConvKind kind, const Conv& shape) { ++calls[{kind, shape}]; });
  work();
  trace_convolutions({});
  return calls;
}

}  // namespace ppl
