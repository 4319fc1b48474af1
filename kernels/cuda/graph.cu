#include "kernels/cuda/graph.h"

#include <atomic>
#include <optional>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/memory.h"

namespace ppl {

struct CudaGraph::Impl {
  std::optional<MemoryTrial> trial;  // of the last call
  bool settled = false;              // it was like that of the call before
  bool lacks_memory = false;
  std::shared_ptr<GraphMemory> memory;
  std::vector<std::shared_ptr<void>> scratch;  // that the kernels use; the context may go on to larger blocks
  cudaGraphExec_t executable{};

  void call(const std::function<void()>& work);
  void record(const std::function<void()>& work);
  void launch_all(std::source_location = std::source_location::current());
  ~Impl();
};

namespace {

std::atomic<int64_t> without_memory = 0;

struct TrialScope {
  explicit TrialScope(MemoryTrial* t) { DeviceMemory::instance().begin_trial(t); }
  ~TrialScope() { DeviceMemory::instance().end_trial(); }
};

// While one lives, launches and copies are recorded; take() gives what they were.
class Recording {
 public:
  explicit Recording(const std::shared_ptr<GraphMemory>& memory) : ctx_(CudaContext::current()) {
    PPL_CUDA(cudaStreamBeginCapture(ctx_.stream, cudaStreamCaptureModeThreadLocal));
    ctx_.recording = true;
    DeviceMemory::instance().begin_recording(memory);
  }
  ~Recording() {
    if (graph_) cudaGraphDestroy(graph_);
    if (!ctx_.recording) return;
    end(&graph_);  // the work has failed
    cudaGetLastError();
    if (graph_) cudaGraphDestroy(graph_);
  }
  cudaGraph_t take() {
    check_cuda(end(&graph_), "cudaStreamEndCapture");
    return graph_;
  }

 private:
  cudaError_t end(cudaGraph_t* graph) {
    ctx_.recording = false;
    const cudaError_t e = cudaStreamEndCapture(ctx_.stream, graph);
    DeviceMemory::instance().end_recording();
    return e;
  }

  CudaContext& ctx_;
  cudaGraph_t graph_{};
};

}  // namespace

void CudaGraph::Impl::call(const std::function<void()>& work) {
  MemoryTrial now;
  {
    const TrialScope scope(&now);
    work();
  }
  settled = trial && now.same_as(*trial);
  trial = std::move(now);
}

void CudaGraph::Impl::record(const std::function<void()>& work) {
  settled = false;  // where this fails it starts anew
  try {
    memory = DeviceMemory::instance().graph_memory(trial->bytes());
  } catch (const OutOfMemory&) {
    lacks_memory = true;
    ++without_memory;
    return work();
  }
  try {
    Recording recording(memory);
    work();
    PPL_CUDA(cudaGraphInstantiate(&executable, recording.take(), 0));
  } catch (...) {
    DeviceMemory::instance().abandon(memory);
    memory.reset();
    trial.reset();
    throw;
  }
  scratch = CudaContext::current().hold_scratch();
}

void CudaGraph::Impl::launch_all(std::source_location at) {
  const cudaStream_t stream = CudaContext::current().stream;
  PPL_CUDA(cudaGraphLaunch(executable, stream));
  check_launch(stream, at);
}

CudaGraph::Impl::~Impl() {
  if (executable) cudaGraphExecDestroy(executable);
  if (memory) DeviceMemory::instance().abandon(memory);
}

CudaGraph::CudaGraph() : impl_(std::make_unique<Impl>()) {}
CudaGraph::~CudaGraph() = default;

void CudaGraph::run(const std::function<void()>& work) {
  PPL_CHECK(!CudaContext::current().recording, "graph: inside of another that is recorded");
  if (impl_->lacks_memory) return work();
  if (!impl_->executable && !impl_->settled) return impl_->call(work);
  if (!impl_->executable) impl_->record(work);
  if (impl_->executable) impl_->launch_all();
}

bool CudaGraph::recorded() const { return impl_->executable != nullptr; }

int64_t cuda_graphs_without_memory() { return without_memory; }

}  // namespace ppl
