#include "engine/communication/norm_sync.h"

namespace ppl {
namespace {

thread_local const NormSync* innermost = nullptr;

}  // namespace

NormSync::NormSync(Communication& communication, bool idle)
    : communication_(communication), idle_(idle), before_(innermost) {
  innermost = this;
}
NormSync::~NormSync() { innermost = before_; }
const NormSync* NormSync::current() { return innermost; }

}  // namespace ppl
