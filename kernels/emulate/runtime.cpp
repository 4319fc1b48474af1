#include "kernels/emulate/runtime.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "kernels/emulate/capture.h"
#include "kernels/emulate/capture_state.h"
#include "kernels/emulate/device_memory.h"

using ppl::emulate::unless_capturing;

namespace {

constexpr int kDevices = 8;  // all the same one: a process uses one of them

}  // namespace

const char* cudaGetErrorName(cudaError_t e) {
  switch (e) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInsufficientDriver:
      return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorStreamCaptureUnsupported:
      return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated:
      return "cudaErrorStreamCaptureInvalidated";
  }
  return "cudaErrorUnknown";
}
const char* cudaGetErrorString(cudaError_t e) {
  switch (e) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorNotReady:
      return "not ready";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated:
      return "operation failed due to a previous error during capture";
  }
  return "unknown error";
}
cudaError_t cudaGetLastError() { return cudaSuccess; }

cudaError_t cudaGetDeviceCount(int* count) {
  *count = kDevices;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int number) {
  std::strcpy(p->name, "emulated device");
  p->totalGlobalMem = size_t{1} << 30;
  p->multiProcessorCount = 1;
  std::memset(&p->uuid, 0, sizeof p->uuid);
  const pid_t process = getpid();  // whose memory it is
  std::memcpy(p->uuid.bytes, &process, sizeof process);
  std::memcpy(p->uuid.bytes + sizeof process, &number, sizeof number);
  return cudaSuccess;
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  *pool = nullptr;
  return cudaSuccess;
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, size_t) { return cudaSuccess; }
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }

// On a device these two may be captured as well; kernels/cuda does not want that.
cudaError_t cudaMallocAsync(void** p, size_t bytes, cudaStream_t stream) {
  if (const cudaError_t e = unless_capturing(); e != cudaSuccess) return e;
  *p = ppl::emulate::take_device_memory(bytes);
  return *p ? cudaMemsetAsync(*p, 0xff, bytes, stream) : cudaErrorMemoryAllocation;
}
cudaError_t cudaFreeAsync(void* p, cudaStream_t stream) {
  if (const cudaError_t e = unless_capturing(); e != cudaSuccess) return e;
  ppl::emulate::in_order(stream, [p] { ppl::emulate::give_device_memory(p); });
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** p, size_t bytes) {
  *p = std::malloc(bytes);
  return *p ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFreeHost(void* p) {
  std::free(p);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  ppl::emulate::in_order(stream, [=] {
    const ppl::emulate::DeviceAccess access;
    std::memcpy(to, from, bytes);
  });
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* p, int value, size_t bytes, cudaStream_t stream) {
  ppl::emulate::in_order(stream, [=] {
    const ppl::emulate::DeviceAccess access;
    std::memset(p, value, bytes);
  });
  return cudaSuccess;
}
