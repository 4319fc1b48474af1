#include "kernels/emulate/capture.h"

#include <memory>
#include <utility>

#include "kernels/emulate/capture_state.h"
#include "kernels/emulate/streams.h"

struct CUgraphExec_st {
  std::shared_ptr<const CapturedWorks> works;  // a late launch may outlive this
};

namespace ppl::emulate {

void in_order(cudaStream_t stream, std::function<void()> work) {
  if (captured())
    captured()->works.push_back(std::move(work));
  else
    give_to_stream(stream, std::move(work));
}

}  // namespace ppl::emulate

using ppl::emulate::captured;

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (const cudaError_t e = ppl::emulate::unless_capturing(); e != cudaSuccess) return e;
  captured() = new CUgraph_st;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = std::exchange(captured(), nullptr);
  if (*graph && (*graph)->valid) return cudaSuccess;
  delete std::exchange(*graph, nullptr);
  return cudaErrorStreamCaptureInvalidated;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new CUgraphExec_st{std::make_shared<const CapturedWorks>(graph->works)};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  if (const cudaError_t e = ppl::emulate::unless_capturing(); e != cudaSuccess) return e;
  ppl::emulate::give_to_stream(stream, [works = executable->works] {
    for (const auto& work : *works) work();
  });
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
