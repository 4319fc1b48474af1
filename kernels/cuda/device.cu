#include "kernels/cuda/device.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernels/cuda/conv_plans.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/timer.h"

namespace ppl {
namespace {

constexpr size_t kStageBytes = size_t{16} << 20;

// A pinned buffer in two halves, so that one can be filled while the other is on its way.
class Stage {
 public:
  Stage() {
    for (Half& h : halves_) {
      PPL_CUDA(cudaMallocHost(reinterpret_cast<void**>(&h.memory), kStageBytes));
      PPL_CUDA(cudaEventCreateWithFlags(&h.sent, cudaEventDisableTiming));
    }
  }

  void to_device(void* device, const void* host, size_t bytes, cudaStream_t stream) {
    for (size_t at = 0; at < bytes; at += kStageBytes) {
      const size_t part = std::min(kStageBytes, bytes - at);
      Half& h = halves_[next_++ % 2];
      PPL_CUDA(cudaEventSynchronize(h.sent));
      std::memcpy(h.memory, static_cast<const char*>(host) + at, part);
      PPL_CUDA(cudaMemcpyAsync(static_cast<char*>(device) + at, h.memory, part, cudaMemcpyHostToDevice, stream));
      PPL_CUDA(cudaEventRecord(h.sent, stream));
    }
  }

  void to_host(void* host, const void* device, size_t bytes, cudaStream_t stream) {
    for (size_t at = 0; at < bytes; at += kStageBytes) {
      const size_t part = std::min(kStageBytes, bytes - at);
      Half& h = halves_[next_++ % 2];
      PPL_CUDA(cudaMemcpyAsync(h.memory, static_cast<const char*>(device) + at, part, cudaMemcpyDeviceToHost, stream));
      PPL_CUDA(cudaStreamSynchronize(stream));
      std::memcpy(static_cast<char*>(host) + at, h.memory, part);
    }
  }

 private:
  struct Half {
    char* memory = nullptr;
    cudaEvent_t sent{};
  };
  Half halves_[2];
  unsigned next_ = 0;
};

Stage& stage() {
  static auto* s = new Stage;  // never freed: the driver may be gone before static objects are
  return *s;
}

int device_number = 0;
bool in_use = false;

CudaContext* make_context() {
  const std::string problem = cuda_problem();
  PPL_CHECK(problem.empty(), problem);
  PPL_CUDA(cudaSetDevice(device_number));
  in_use = true;
  auto* c = new CudaContext;
  PPL_CUDA(cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking));
  // Freed blocks stay in the pool: a training step then asks the driver for nothing after the first.
  cudaMemPool_t pool;
  PPL_CUDA(cudaDeviceGetDefaultMemPool(&pool, device_number));
  uint64_t all = UINT64_MAX;
  PPL_CUDA(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all));
  return c;
}

cudaDeviceProp properties() {
  CudaContext::current();
  cudaDeviceProp p;
  PPL_CUDA(cudaGetDeviceProperties(&p, device_number));
  return p;
}

}  // namespace

void check_cuda(cudaError_t e, const char* call, std::source_location at) {
  if (e == cudaSuccess) return;
  throw Error(cat("cuda: ", call, " at ", at.file_name(), ":", at.line(), ": ", cudaGetErrorName(e), " (",
                  cudaGetErrorString(e), ")"));
}

void check_launch(cudaStream_t stream, const std::source_location& at) {
  check_cuda(cudaGetLastError(), "launch of a kernel", at);
  if (CudaContext::current().recording) return;  // it runs later
  static const bool wait = [] {
    const char* s = std::getenv("PPL_SYNC");
    return s && std::strcmp(s, "1") == 0;
  }();
  if (wait) check_cuda(cudaStreamSynchronize(stream), "kernel", at);
}

std::string cuda_problem() {
  int devices = 0;
  const cudaError_t e = cudaGetDeviceCount(&devices);
  // A runtime without any driver calls that a driver too old.
  const bool no_driver = e == cudaErrorInsufficientDriver && access("/proc/driver/nvidia", F_OK) != 0;
  if (e == cudaErrorNoDevice || no_driver || (e == cudaSuccess && devices == 0)) return "no GPU found";
  return e == cudaSuccess ? "" : cat("no GPU can be used: ", cudaGetErrorString(e));
}

int cuda_device_count() {
  int devices = 0;
  return cudaGetDeviceCount(&devices) == cudaSuccess ? devices : 0;
}

void choose_cuda_device(int number) {
  PPL_CHECK(number >= 0 && number < cuda_device_count(), "cuda: there is no device ", number, " among ",
            cuda_device_count());
  PPL_CHECK(!in_use || number == device_number, "cuda: device ", device_number, " is in use already, not ", number);
  device_number = number;
}

int cuda_device_number() { return device_number; }

void enter_cuda_device() noexcept { cudaSetDevice(device_number); }

std::array<uint32_t, 4> cuda_device_identity() {
  CudaContext::current();
  return cuda_device_identity(device_number);
}

std::array<uint32_t, 4> cuda_device_identity(int number) {
  cudaDeviceProp p;
  PPL_CUDA(cudaGetDeviceProperties(&p, number));
  std::array<uint32_t, 4> uuid;
  static_assert(sizeof uuid == sizeof p.uuid);
  std::memcpy(uuid.data(), &p.uuid, sizeof uuid);
  return uuid;
}

std::string cuda_device_name() {
  const cudaDeviceProp p = properties();
  return cat(p.name, ", ", p.totalGlobalMem >> 30, " GiB, ", cudnn_version());
}

CudaContext& CudaContext::current() {
  static CudaContext* context = make_context();
  return *context;
}

void* CudaContext::scratch_bytes(size_t slot, size_t bytes) {
  // Memory is taken on the main stream; another stream would have to wait for that first.
  PPL_CHECK(this == &current(), "cuda: scratch memory is the main stream's");
  if (slots_.size() <= slot) slots_.resize(slot + 1);
  Slot& s = slots_[slot];
  if (s.bytes < bytes) {
    s = {};
    s.memory = {DeviceMemory::instance().take_from_driver(bytes), cuda_free};
    s.bytes = bytes;
  }
  return s.memory.get();
}

std::vector<std::shared_ptr<void>> CudaContext::hold_scratch() const {
  std::vector<std::shared_ptr<void>> all;
  for (const Slot& s : slots_) all.push_back(s.memory);
  return all;
}

namespace {

// The stream, where `what` may happen now.
cudaStream_t stream_for(const char* what) {
  const CudaContext& ctx = CudaContext::current();
  PPL_CHECK(!ctx.recording, "cuda: ", what, " inside of work that is recorded");
  return ctx.stream;
}

}  // namespace

void copy_to_device(void* device, const void* host, size_t bytes) {
  stage().to_device(device, host, bytes, stream_for("a copy from the host"));
}

void copy_to_host(void* host, const void* device, size_t bytes) {
  stage().to_host(host, device, bytes, stream_for("a copy to the host"));
}

void copy_on_device(void* to, const void* from, size_t bytes) {
  PPL_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, CudaContext::current().stream));
}

void zero_on_device(void* p, size_t bytes) { PPL_CUDA(cudaMemsetAsync(p, 0, bytes, CudaContext::current().stream)); }

double cuda_milliseconds(const std::function<void()>& work) {
  const cudaStream_t stream = stream_for("timing");
  static cudaEvent_t start, end;
  if (!start) {
    PPL_CUDA(cudaEventCreate(&start));
    PPL_CUDA(cudaEventCreate(&end));
  }
  PPL_CUDA(cudaEventRecord(start, stream));
  work();
  PPL_CUDA(cudaEventRecord(end, stream));
  PPL_CUDA(cudaEventSynchronize(end));
  float ms = 0;
  PPL_CUDA(cudaEventElapsedTime(&ms, start, end));
  return static_cast<double>(ms);
}

void cuda_synchronize() { PPL_CUDA(cudaStreamSynchronize(stream_for("waiting for the device"))); }

}  // namespace ppl
