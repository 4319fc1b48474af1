#include "engine/trace.h"

#include <utility>

namespace ppl {
namespace {

thread_local std::function<void(const TracedOp&)> tracer;

}  // namespace

void trace_ops(std::function<void(const TracedOp&)> told) { tracer = std::move(told); }

void trace(const TracedOp& op) {
  if (tracer) tracer(op);
}

}  // namespace ppl
