// All parameters of a module in one block of memory, their gradients in another of the same layout, and its buffers
// (running statistics) in a third.
#pragma once

#include "engine/module.h"

namespace ppl {

class Arena {
 public:
  // Moves the parameters and buffers there, on the device where they are; the module's tensors stay the handles to
  // them. Slices start at multiples of 64 bytes, the padding between them is zero.
  explicit Arena(const Module&);

  Tensor values, gradients;  // f32 [size]
  Tensor buffers;            // f32 [size]: what is not trained

  // Forgets the gradients; memory is not cleared, since a step's first gradient is written, not added.
  void clear_gradients() const;
  // Which parameters have a gradient, and that they have it again: work that was replayed has written it.
  std::vector<bool> with_gradient() const;
  void find_gradients(const std::vector<bool>& of) const;
  // Zeros where a parameter got no gradient, so that gradients may be read as a whole.
  void complete_gradients() const;
  void complete_gradient(size_t slice) const;
  // Says that the values have changed.
  void touch() const;
  // Says that the buffers have.
  void touch_buffers() const;

  struct Slice {
    Tensor parameter;
    int64_t offset;  // of its first element; what follows up to the next slice is padding
  };
  struct BufferSlice {
    Tensor buffer;
    int64_t offset;
  };
  const std::vector<Slice>& slices() const { return slices_; }  // in the module's order
  const std::vector<BufferSlice>& buffer_slices() const { return buffer_slices_; }

 private:
  std::vector<Slice> slices_;
  std::vector<BufferSlice> buffer_slices_;
};

}  // namespace ppl
