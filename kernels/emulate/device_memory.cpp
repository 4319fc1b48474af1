#include "kernels/emulate/device_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace ppl::emulate {
namespace {

constexpr size_t kAlignment = 256;

#if defined(__SANITIZE_ADDRESS__)

// Blocks from the heap, poisoned while they are out of reach.
class Memory {
 public:
  void* take(size_t bytes) {
    void* p = nullptr;
    if (posix_memalign(&p, kAlignment, bytes) != 0) return nullptr;
    blocks_[p] = bytes;
    if (!open_) ASAN_POISON_MEMORY_REGION(p, bytes);
    return p;
  }
  void give(void* p) {
    const auto block = blocks_.find(p);
    if (block == blocks_.end()) return;
    ASAN_UNPOISON_MEMORY_REGION(p, block->second);
    blocks_.erase(block);
    std::free(p);
  }
  void set_open(bool open) {
    open_ = open;
    for (const auto& [p, bytes] : blocks_)
      open ? __asan_unpoison_memory_region(p, bytes) : __asan_poison_memory_region(p, bytes);
  }

 private:
  std::map<void*, size_t> blocks_;
  bool open_ = false;
};

#else

// One range of addresses whose protection changes as a whole: of huge pages where there are some, since the kernel goes
// through all of them at every launch. Freed blocks wait for the next of their size.
class Memory {
 public:
  void* take(size_t bytes) {
    const size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (!base_) reserve();
    char* p = nullptr;
    if (const auto it = free_.find(size); it != free_.end()) {
      p = it->second;
      free_.erase(it);
    } else if (base_ && size <= kReserved - used_) {
      p = base_ + used_;
      used_ += size;
      set_open(open_);
    }
    if (p) sizes_[p] = size;
    return p;
  }
  void give(void* p) {
    const auto block = sizes_.find(static_cast<char*>(p));
    if (block == sizes_.end()) return;
    free_.emplace(block->second, block->first);
    sizes_.erase(block);
  }
  void set_open(bool open) {
    open_ = open;
    const size_t pages = (used_ + kHuge - 1) / kHuge * kHuge;
    if (pages > 0) mprotect(base_, pages, open ? PROT_READ | PROT_WRITE : PROT_NONE);
  }

 private:
  static constexpr size_t kReserved = size_t{64} << 30, kHuge = size_t{2} << 20;  // addresses, not memory

  void reserve() {
    void* p = mmap(nullptr, kReserved + kHuge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return;
    base_ = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(p) + kHuge - 1) / kHuge * kHuge);
    madvise(base_, kReserved, MADV_HUGEPAGE);
  }

  char* base_ = nullptr;
  size_t used_ = 0;
  std::map<char*, size_t> sizes_;
  std::multimap<size_t, char*> free_;
  bool open_ = false;
};

#endif

std::recursive_mutex mutex;
int openings = 0;
size_t largest_block = SIZE_MAX;

Memory& memory() {
  static auto* m = new Memory;
  return *m;
}

}  // namespace

void* take_device_memory(size_t bytes) {
  const std::lock_guard lock(mutex);
  return bytes <= largest_block ? memory().take(bytes) : nullptr;
}

void set_largest_block(size_t bytes) {
  const std::lock_guard lock(mutex);
  largest_block = bytes;
}

void give_device_memory(void* p) {
  const std::lock_guard lock(mutex);
  memory().give(p);
}

DeviceAccess::DeviceAccess() {
  const std::lock_guard lock(mutex);
  if (openings++ == 0) memory().set_open(true);
}

DeviceAccess::~DeviceAccess() {
  const std::lock_guard lock(mutex);
  if (--openings == 0) memory().set_open(false);
}

}  // namespace ppl::emulate
