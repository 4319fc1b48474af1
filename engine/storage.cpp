#include "engine/storage.h"

#include <sys/mman.h>

#include <cstdlib>
#include <map>
#include <mutex>

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

Storage::Storage(size_t n, Device d)
    : data(allocator().take(std::max<size_t>(n, 1))), bytes(std::max<size_t>(n, 1)), device(d) {}
Storage::~Storage() { allocator().give(data, bytes); }

MemoryUse memory_use(Device) { return allocator().use(); }
void reset_peak_memory(Device) { allocator().reset_peak(); }

}  // namespace ppl
