#include "engine/storage.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "kernels/cuda/device.h"

namespace ppl {
namespace {

// Rounded so that maps of nearly the same size share blocks: eight sizes between a power of two and the next one.
size_t round_up(size_t bytes) {
  const size_t unit = std::max<size_t>(512, std::bit_floor(bytes) / 8);
  return (bytes + unit - 1) / unit * unit;
}

// Freed blocks are kept for later requests of their size and down to three quarters of it. Used and kept memory
// together stay near the most that was ever used at once: what was kept longest goes first.
class CachingAllocator {
 public:
  // A block of at least so many bytes, and its size.
  std::pair<void*, size_t> take(size_t bytes) {
    const size_t size = round_up(bytes);
    std::lock_guard lock(mutex_);
    std::pair<void*, size_t> block = reuse(size);
    if (!block.first) {
      drop_kept_above(limit(use_.now + size), size);
      block = {fresh(size), size};
    }
    if (!block.first) {
      drop_kept_above(0, 0);
      block.first = fresh(size);
    }
    if (!block.first)
      throw OutOfMemory(
          cat("out of memory: ", size >> 20, " MiB asked for with ", use_.now >> 20, " MiB in use by tensors"));
    use_.now += block.second;
    use_.peak = std::max(use_.peak, use_.now);
    most_used_ = std::max(most_used_, use_.now);
    return block;
  }

  void give(void* p, size_t size) {
    std::lock_guard lock(mutex_);
    use_.now -= size;
    kept_bytes_ += size;
    kept_.emplace(size, Kept{p, ++clock_});
  }

  MemoryUse use() {
    std::lock_guard lock(mutex_);
    MemoryUse use = use_;
    use.held = use_.now + kept_bytes_;
    return use;
  }
  void reset_peak() {
    std::lock_guard lock(mutex_);
    use_.peak = use_.now;
  }

 private:
  struct Kept {
    void* p;
    uint64_t since;
  };

  size_t limit(size_t used) const {
    const size_t most = std::max(most_used_, used);
    return most + most / 8;
  }

  std::pair<void*, size_t> reuse(size_t size) {
    const auto it = kept_.lower_bound(size);
    if (it == kept_.end() || it->first > size + size / 3) return {};
    const std::pair<void*, size_t> block{it->second.p, it->first};
    kept_bytes_ -= it->first;
    kept_.erase(it);
    return block;
  }

  // Until `size` more bytes would leave at most so many in all.
  void drop_kept_above(size_t bytes, size_t size) {
    while (!kept_.empty() && use_.now + kept_bytes_ + size > bytes) {
      const auto oldest = std::min_element(
          kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a.second.since < b.second.since; });
      kept_bytes_ -= oldest->first;
      std::free(oldest->second.p);
      kept_.erase(oldest);
    }
  }

  static void* fresh(size_t size) {
    constexpr size_t kHuge = size_t{2} << 20;
    void* p = std::aligned_alloc(size >= kHuge ? kHuge : 64, size >= kHuge ? (size + kHuge - 1) / kHuge * kHuge : size);
    if (p && size >= kHuge) madvise(p, size, MADV_HUGEPAGE);
    return p;
  }

  std::mutex mutex_;
  std::multimap<size_t, Kept> kept_;
  size_t kept_bytes_ = 0, most_used_ = 0;
  uint64_t clock_ = 0;
  MemoryUse use_;
};

CachingAllocator& allocator() {
  static auto* a = new CachingAllocator;  // outlives every tensor, static ones too
  return *a;
}

}  // namespace

Storage::Storage(size_t n, Device d) : bytes(std::max<size_t>(n, 1)), device(d) {
  if (d == Device::cpu)
    std::tie(data, block_) = allocator().take(bytes);
  else
    data = cuda_allocate(bytes);
}
Storage::~Storage() { device == Device::cpu ? allocator().give(data, block_) : cuda_free(data); }

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
  return {there.now, there.peak, there.now};
}
void reset_peak_memory(Device d) { d == Device::cpu ? allocator().reset_peak() : cuda_reset_peak(); }

}  // namespace ppl
