// What a CPU kernel needs besides its arguments: scratch memory that is kept between calls.
#pragma once

#include <vector>

#include "kernels/cpu/aligned.h"

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
    AlignedBytes& s = slots_[slot];
    if (s.size() < count * sizeof(T)) {
      s = {};  // before the new one is there
      s = AlignedBytes(count * sizeof(T), "scratch");
    }
    return s.as<T>();
  }

  // Whether nothing was written outside of any slot.
  bool intact() const {
    return std::all_of(slots_.begin(), slots_.end(), [](const AlignedBytes& s) { return s.intact(); });
  }

 private:
  std::vector<AlignedBytes> slots_;
};

}  // namespace ppl
