// What a CPU kernel needs besides its arguments: scratch memory that is kept between calls.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernels/base.h"

namespace ppl {

struct CpuContext {
  CpuContext();  // throws where PPL_CPU names what this machine cannot run

  // The calling thread's context. Kernels split their work over OpenMP threads themselves.
  static CpuContext& current() {
    static thread_local CpuContext context;
    return context;
  }

  // At least count elements, aligned to 64 bytes, of unspecified content, valid until the next call with this slot.
  // Slots keep buffers that are live at the same time apart.
  template <class T>
  T* scratch(size_t slot, size_t count) {
    if (slots_.size() <= slot) slots_.resize(slot + 1);
    Slot& s = slots_[slot];
    const size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
    if (s.bytes < bytes) {
      s.bytes = 0;
      s.memory.reset(static_cast<std::byte*>(std::aligned_alloc(64, bytes)));
      if (!s.memory) throw OutOfMemory(cat("out of memory: ", bytes, " bytes of scratch"));
      s.bytes = bytes;
    }
    return reinterpret_cast<T*>(s.memory.get());
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  struct Slot {
    std::unique_ptr<std::byte[], Free> memory;
    size_t bytes = 0;
  };
  std::vector<Slot> slots_;
};

}  // namespace ppl
