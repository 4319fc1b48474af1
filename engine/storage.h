// Memory of tensors: one block per tensor or arena, from an allocator that keeps freed blocks for the next of
// about the size.
#pragma once

#include "engine/tensor.h"

namespace ppl {

struct Storage {
  Storage(size_t bytes, Device);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data = nullptr;
  size_t bytes = 0;
  Device device;

 private:
  size_t block_ = 0;  // bytes of the allocator's block
};

// Between and on devices; host memory may be used again when they return.
void copy_bytes(Device to_device, void* to, Device from_device, const void* from, size_t bytes);
void zero_bytes(Device, void*, size_t bytes);

}  // namespace ppl
