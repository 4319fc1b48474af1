#include "kernels/cuda/stream.h"

#include "kernels/cuda/launch.h"

namespace ppl {

std::unique_ptr<CudaContext> make_cuda_stream() {
  CudaContext::current();  // chooses the device
  auto c = std::make_unique<CudaContext>();
  PPL_CUDA(cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking));
  return c;
}

CudaMark::CudaMark() { PPL_CUDA(cudaEventCreate(&event_)); }
CudaMark::~CudaMark() { cudaEventDestroy(event_); }
void CudaMark::set(const CudaContext& c) { PPL_CUDA(cudaEventRecord(event_, c.stream)); }
void CudaMark::hold_back(const CudaContext& c) const { PPL_CUDA(cudaStreamWaitEvent(c.stream, event_, 0)); }
void CudaMark::wait() const { PPL_CUDA(cudaEventSynchronize(event_)); }

bool CudaMark::passed() const {
  const cudaError_t e = cudaEventQuery(event_);
  if (e == cudaErrorNotReady) return false;
  check_cuda(e, "cudaEventQuery");
  return true;
}

double CudaMark::seconds_since(const CudaMark& earlier) const {
  float ms = 0;
  PPL_CUDA(cudaEventElapsedTime(&ms, earlier.event_, event_));
  return static_cast<double>(ms) / 1000;
}

}  // namespace ppl
