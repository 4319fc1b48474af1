// NVTX is headers only: without a profiler that listens, a range is a look at a pointer.
#include <nvtx3/nvToolsExt.h>

#include "kernels/profile_range.h"

namespace ppl {

ProfileRange::ProfileRange(const char* name) { nvtxRangePushA(name); }
ProfileRange::~ProfileRange() { nvtxRangePop(); }

}  // namespace ppl
