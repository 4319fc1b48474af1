#include "engine/storage.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "kernels/cuda/device.h"

namespace ppl {
namespace {

// Rounded so that maps of nearly the same size share blocks: a training step then allocates nothing new after the
// first.
size_t round_up(size_t bytes) {
  const size_t unit = bytes < (size_t{1} << 20) ? 512 : size_t{1} << 18;
  return (bytes + unit - 1) / unit * unit;
}

class CachingAllocator {
 public:
  void* take(size_t bytes) {
    const size_t size = round_up(bytes);
    std::lock_guard lock(mutex_);
    use_.now += size;
    use_.peak = std::max(use_.peak, use_.now);
    if (auto it = free_.find(size); it != free_.end()) {
      void* p = it->second;
      free_.erase(it);
      return p;
    }
    void* p = fresh(size);
    if (!p) {
      release_all();
      p = fresh(size);
    }
    if (!p) use_.now -= size;
    if (!p)
      throw OutOfMemory(
          cat("out of memory: ", size >> 20, " MiB asked for with ", use_.now >> 20, " MiB in use by tensors"));
    return p;
  }

  void give(void* p, size_t bytes) {
    const size_t size = round_up(bytes);
    std::lock_guard lock(mutex_);
    use_.now -= size;
    free_.emplace(size, p);
  }

  MemoryUse use() {
    std::lock_guard lock(mutex_);
    return use_;
  }
  void reset_peak() {
    std::lock_guard lock(mutex_);
    use_.peak = use_.now;
  }

 private:
  static void* fresh(size_t size) {
    constexpr size_t kHuge = size_t{2} << 20;
    void* p = std::aligned_alloc(size >= kHuge ? kHuge : 64, size >= kHuge ? (size + kHuge - 1) / kHuge * kHuge : size);
    if (p && size >= kHuge) madvise(p, size, MADV_HUGEPAGE);
    return p;
  }
  void release_all() {
    for (auto& [size, p] : free_) std::free(p);
    free_.clear();
  }

  std::mutex mutex_;
  std::multimap<size_t, void*> free_;
  MemoryUse use_;
};

CachingAllocator& allocator() {
  static auto* a = new CachingAllocator;  // outlives every tensor, static ones too
  return *a;
}

}  // namespace

Storage::Storage(size_t n, Device d) : bytes(std::max<size_t>(n, 1)), device(d) {
  data = d == Device::cpu ? allocator().take(bytes) : cuda_allocate(bytes);
}
Storage::~Storage() { device == Device::cpu ? allocator().give(data, bytes) : cuda_free(data); }

void copy_bytes(Device to_device, void* to, Device from_device, const void* from, size_t bytes) {
  if (bytes == 0) return;
  if (to_device == Device::cpu && from_device == Device::cpu)
    std::memcpy(to, from, bytes);
  else if (from_device == Device::cpu)
    copy_to_device(to, from, bytes);
  else if (to_device == Device::cpu)
    copy_to_host(to, from, bytes);
  else
    copy_on_device(to, from, bytes);
}

void zero_bytes(Device device, void* p, size_t bytes) {
  if (bytes == 0) return;
  if (device == Device::cpu)
    std::memset(p, 0, bytes);
  else
    zero_on_device(p, bytes);
}

MemoryUse memory_use(Device d) {
  if (d == Device::cpu) return allocator().use();
  const CudaMemoryUse there = cuda_memory_use();
  return {there.now, there.peak};
}
void reset_peak_memory(Device d) { d == Device::cpu ? allocator().reset_peak() : cuda_reset_peak(); }

}  // namespace ppl
