// What the tape keeps behind a Tensor. For engine/tensor.cpp and engine/tape.cpp only.
#pragma once

#include <atomic>

#include "engine/storage.h"
#include "engine/tensor.h"

namespace ppl {

struct Node {
  const char* op;
  uint64_t sequence;  // ops are numbered as they run, so descending order is a topological order
  std::vector<Tensor> inputs;
  Backward backward;
};

struct Tensor::Impl {
  std::shared_ptr<Storage> storage;
  size_t byte_offset = 0;
  Shape shape;
  DType dtype = DType::f32;
  Device device = Device::cpu;
  uint64_t version = 0;

  bool requires_grad = false;
  std::unique_ptr<Node> node;  // none for a leaf
  Tensor grad;
  Tensor grad_slot;  // of a leaf in an arena
  bool grad_slot_taken = false;
};

}  // namespace ppl
