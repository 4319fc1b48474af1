// Memory of kernels, with guards before and behind it, by which tests see what was written outside.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "kernels/base.h"

namespace ppl {

class AlignedBytes {
 public:
  AlignedBytes() = default;
  // Aligned to 64 bytes, of unspecified content; what: for the message where memory is lacking.
  AlignedBytes(size_t bytes, const char* what) : size_((bytes + 63) / 64 * 64) {
    const bool fits = bytes < size_t{1} << 47;  // else the sums above may wrap round
    memory_.reset(fits ? static_cast<std::byte*>(std::aligned_alloc(64, size_ + 2 * kGuard)) : nullptr);
    if (!memory_) throw OutOfMemory(cat("out of memory: ", bytes, " bytes of ", what));
    std::fill_n(memory_.get(), kGuard, kMark);
    std::fill_n(memory_.get() + kGuard + size_, kGuard, kMark);
  }

  template <class T>
  T* as() const {
    return memory_ ? reinterpret_cast<T*>(memory_.get() + kGuard) : nullptr;
  }
  size_t size() const { return size_; }
  bool intact() const {
    const auto marked = [](const std::byte* p) {
      return std::all_of(p, p + kGuard, [](auto b) { return b == kMark; });
    };
    return !memory_ || (marked(memory_.get()) && marked(memory_.get() + kGuard + size_));
  }

 private:
  static constexpr size_t kGuard = 256;
  static constexpr std::byte kMark{0xa5};
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte[], Free> memory_;
  size_t size_ = 0;
};

}  // namespace ppl
