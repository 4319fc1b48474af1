#include "kernels/cuda/memory.h"

#include <algorithm>

#include "kernels/cuda/device.h"
#include "kernels/cuda/launch.h"

namespace ppl {

DeviceMemory& DeviceMemory::instance() {
  static auto* m = new DeviceMemory;  // outlives every tensor, static ones too
  return *m;
}

void* DeviceMemory::driver_take(size_t bytes) {
  void* p = nullptr;
  const cudaError_t e = cudaMallocAsync(&p, bytes, CudaContext::current().stream);
  if (e == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // taken note of
    throw OutOfMemory(cat("out of device memory: ", bytes >> 20, " MiB asked for with ", use_.now >> 20,
                          " MiB in use by tensors, scratch memory and graphs"));
  }
  check_cuda(e, "cudaMallocAsync");
  blocks_[p] = bytes;
  use_.now += bytes;
  use_.peak = std::max(use_.peak, use_.now);
  return p;
}

void DeviceMemory::driver_give(void* p) {
  const auto block = blocks_.find(p);
  if (block == blocks_.end()) return;
  use_.now -= block->second;
  blocks_.erase(block);
  cudaFreeAsync(p, CudaContext::current().stream);
}

void* DeviceMemory::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (recording_) {
    const size_t place = recording_->space.take(bytes);
    PPL_CHECK(recording_->space.end() <= recording_->bytes,
              "graph: the work takes other memory while it is recorded than before: ", recording_->space.end(),
              " bytes, before ", recording_->bytes);
    return recording_->base + place;
  }
  void* p = driver_take(bytes);
  if (trial_) trial_->taken(p, bytes);
  return p;
}

void* DeviceMemory::take_from_driver(size_t bytes) {
  const std::lock_guard lock(mutex_);
  PPL_CHECK(!recording_, "graph: the work needs more scratch memory while it is recorded than before");
  return driver_take(bytes);
}

void DeviceMemory::give(void* p) noexcept {
  const std::lock_guard lock(mutex_);
  give_locked(p);
}

void DeviceMemory::give_locked(void* p) {
  for (size_t i = 0; i < graphs_.size(); ++i) {
    GraphMemory& g = *graphs_[i];
    if (p < g.base || p >= g.base + g.bytes) continue;
    g.space.give(static_cast<size_t>(static_cast<char*>(p) - g.base));
    return drop_if_unused(i);
  }
  if (recording_) {
    late_.push_back(p);
    return;
  }
  if (trial_) trial_->given(p);
  driver_give(p);
}

void DeviceMemory::drop_if_unused(size_t graph) {
  const std::shared_ptr<GraphMemory> g = graphs_[graph];
  if (!g->abandoned || !g->space.empty()) return;
  graphs_.erase(graphs_.begin() + static_cast<std::ptrdiff_t>(graph));
  driver_give(g->base);
}

std::shared_ptr<GraphMemory> DeviceMemory::graph_memory(size_t bytes) {
  const std::lock_guard lock(mutex_);
  auto g = std::make_shared<GraphMemory>();
  g->bytes = std::max<size_t>(bytes, 1);
  cudaMemPool_t pool;
  PPL_CUDA(cudaDeviceGetDefaultMemPool(&pool, cuda_device_number()));
  PPL_CUDA(cudaStreamSynchronize(CudaContext::current().stream));
  PPL_CUDA(cudaMemPoolTrimTo(pool, 0));
  g->base = static_cast<char*>(driver_take(g->bytes));
  graphs_.push_back(g);
  return g;
}

void DeviceMemory::end_recording() {
  const std::lock_guard lock(mutex_);
  recording_.reset();
  for (void* p : std::exchange(late_, {})) give_locked(p);
}

void DeviceMemory::abandon(const std::shared_ptr<GraphMemory>& g) {
  const std::lock_guard lock(mutex_);
  g->abandoned = true;
  const auto it = std::find(graphs_.begin(), graphs_.end(), g);
  if (it != graphs_.end()) drop_if_unused(static_cast<size_t>(it - graphs_.begin()));
}

CudaMemoryUse DeviceMemory::use() {
  const std::lock_guard lock(mutex_);
  return use_;
}

void DeviceMemory::reset_peak() {
  const std::lock_guard lock(mutex_);
  use_.peak = use_.now;
}

void* cuda_allocate(size_t bytes) { return DeviceMemory::instance().take(bytes); }
void cuda_free(void* p) noexcept { DeviceMemory::instance().give(p); }
CudaMemoryUse cuda_memory_use() { return DeviceMemory::instance().use(); }
void cuda_reset_peak() { DeviceMemory::instance().reset_peak(); }

}  // namespace ppl
