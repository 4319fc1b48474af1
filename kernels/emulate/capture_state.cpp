#include "kernels/emulate/capture_state.h"

namespace ppl::emulate {

CUgraph_st*& captured() {
  static thread_local CUgraph_st* graph = nullptr;
  return graph;
}

cudaError_t unless_capturing() {
  if (!captured()) return cudaSuccess;
  captured()->valid = false;
  return cudaErrorStreamCaptureUnsupported;
}

}  // namespace ppl::emulate
