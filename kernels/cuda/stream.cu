#include "kernels/cuda/stream.h"

#include "kernels/cuda/launch.h"

namespace ppl {

std::unique_ptr<CudaContext> make_cuda_stream() {
  CudaContext::current();  // chooses the device
  auto c = std::make_unique<CudaContext>();
  PPL_CUDA(cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking));
  return c;
}

CudaEvent::CudaEvent() { PPL_CUDA(cudaEventCreate(&event_)); }
CudaEvent::~CudaEvent() { cudaEventDestroy(event_); }
void CudaEvent::record(const CudaContext& c) { PPL_CUDA(cudaEventRecord(event_, c.stream)); }
void CudaEvent::wait(const CudaContext& c) const { PPL_CUDA(cudaStreamWaitEvent(c.stream, event_, 0)); }
void CudaEvent::synchronize() const { PPL_CUDA(cudaEventSynchronize(event_)); }

bool CudaEvent::query() const {
  const cudaError_t e = cudaEventQuery(event_);
  if (e == cudaErrorNotReady) return false;
  check_cuda(e, "cudaEventQuery");
  return true;
}

double CudaEvent::seconds_since(const CudaEvent& earlier) const {
  float ms = 0;
  PPL_CUDA(cudaEventElapsedTime(&ms, earlier.event_, event_));
  return static_cast<double>(ms) / 1000;
}

PinnedMemory::~PinnedMemory() { cudaFreeHost(data_); }

void* PinnedMemory::reserve(size_t bytes) {
  if (bytes <= bytes_) return data_;
  cudaFreeHost(data_);
  data_ = nullptr;
  bytes_ = 0;
  const cudaError_t e = cudaMallocHost(&data_, bytes);
  if (e == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // taken note of
    throw OutOfMemory(cat("out of pinned memory: ", bytes >> 20, " MiB asked for"));
  }
  check_cuda(e, "cudaMallocHost");
  bytes_ = bytes;
  return data_;
}

void copy_to_device_async(const CudaContext& c, void* device, const void* pinned, size_t bytes) {
  PPL_CUDA(cudaMemcpyAsync(device, pinned, bytes, cudaMemcpyHostToDevice, c.stream));
}

void copy_to_host_async(const CudaContext& c, void* pinned, const void* device, size_t bytes) {
  PPL_CUDA(cudaMemcpyAsync(pinned, device, bytes, cudaMemcpyDeviceToHost, c.stream));
}

}  // namespace ppl
