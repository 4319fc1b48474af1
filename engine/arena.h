// Three blocks of memory that hold a module's parameters, their gradients (in the same layout), and its buffers (the
// running statistics of batch norm). An optimizer step or an all-reduce can then work on one array.
#pragma once

#include "engine/module.h"

namespace ppl {

class Arena {
 public:
  // Moves the module's parameters and buffers into the blocks, on the device where they are. The module's tensors then
  // refer to the new memory. Every slice starts at a multiple of 64 bytes; the padding between slices is zero.
  explicit Arena(const Module&);

  Tensor values, gradients;  // f32 [size]
  Tensor buffers;            // f32 [size]: what is not trained

  // Marks every parameter as having no gradient. The memory is not set to zero: the first gradient of a step
  // overwrites it, later ones are added.
  void clear_gradients() const;
  // Which parameters have a gradient, in the module's order.
  std::vector<bool> with_gradient() const;
  // Marks these parameters as having a gradient. For a replayed CUDA graph, which writes gradients without the tape.
  void find_gradients(const std::vector<bool>& of) const;
  // Writes zeros for parameters that got no gradient, so that the whole of `gradients` can be read.
  void complete_gradients() const;
  void complete_gradient(size_t slice) const;
  // To be called after `values` or `buffers` were changed directly: what is derived from them is then made anew.
  void touch() const;
  void touch_buffers() const;

  struct Slice {
    Tensor parameter;
    int64_t offset;  // of its first element, in elements
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
