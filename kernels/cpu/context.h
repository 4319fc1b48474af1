// What a CPU kernel needs besides its arguments: scratch memory that is kept between calls.
#pragma once

#include <array>

#include "kernels/cpu/aligned.h"

namespace ppl {

// Scratch slots: buffers of different slots may be live at the same time.
enum class CpuSlot {
  partial,   // sums of parts, lines of results
  channels,  // values of channels, repeated
  weights,   // of convolutions from here on: weights in another layout
  library,   // what a library or an algorithm asks for
  product,
  conv_partial,
  count
};

struct CpuContext {
  CpuContext();  // throws where PPL_CPU names what this machine cannot run

  // The calling thread's context. Kernels split their work over OpenMP threads themselves.
  static CpuContext& current() {
    static thread_local CpuContext context;
    return context;
  }

  // At least count elements, aligned to 64 bytes, of unspecified content, valid until the next call with this slot.
  template <class T>
  T* scratch(CpuSlot slot, size_t count) {
    AlignedBytes& s = slots_[static_cast<size_t>(slot)];
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
  std::array<AlignedBytes, static_cast<size_t>(CpuSlot::count)> slots_;
};

}  // namespace ppl
