// In place of device.cu and the kernels where the build has neither nvcc nor emulation.
#include "kernels/cuda/context.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/stream.h"
#include "kernels/cuda/timer.h"

namespace ppl {
namespace {

[[noreturn]] void refuse() { throw Error(cuda_problem()); }

}  // namespace

std::string cuda_problem() { return "this build has no CUDA (configured with PPL_GPU=none, or without nvcc)"; }
int cuda_device_count() { return 0; }
int cuda_device_number() { return 0; }
void choose_cuda_device(int) { refuse(); }
void enter_cuda_device() noexcept {}
std::array<uint32_t, 4> cuda_device_identity() { refuse(); }
std::array<uint32_t, 4> cuda_device_identity(int) { refuse(); }
std::string cuda_device_name() { refuse(); }
void* cuda_allocate(size_t) { refuse(); }
void cuda_free(void*) noexcept {}
CudaMemoryUse cuda_memory_use() { return {}; }
void cuda_reset_peak() {}
void copy_to_device(void*, const void*, size_t) { refuse(); }
void copy_to_host(void*, const void*, size_t) { refuse(); }
void copy_on_device(void*, const void*, size_t) { refuse(); }
void zero_on_device(void*, size_t) { refuse(); }
double cuda_milliseconds(const std::function<void()>&) { refuse(); }
void cuda_synchronize() { refuse(); }

CudaContext& CudaContext::current() { refuse(); }

std::unique_ptr<CudaContext> make_cuda_stream() { refuse(); }
CudaEvent::CudaEvent() { refuse(); }
CudaEvent::~CudaEvent() = default;
void CudaEvent::record(const CudaContext&) {}
void CudaEvent::wait(const CudaContext&) const {}
bool CudaEvent::query() const { return true; }
void CudaEvent::synchronize() const {}
double CudaEvent::seconds_since(const CudaEvent&) const { return 0; }
PinnedMemory::~PinnedMemory() = default;
void* PinnedMemory::reserve(size_t) { refuse(); }
void copy_to_device_async(const CudaContext&, void*, const void*, size_t) { refuse(); }
void copy_to_host_async(const CudaContext&, void*, const void*, size_t) { refuse(); }

struct CudaGraph::Impl {};
CudaGraph::CudaGraph() = default;
CudaGraph::~CudaGraph() = default;
void CudaGraph::run(const std::function<void()>&) { refuse(); }
bool CudaGraph::recorded() const { return false; }
int64_t cuda_graphs_without_memory() { return 0; }

}  // namespace ppl
