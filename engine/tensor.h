// A dense row-major array on one device (images and feature maps are NHWC). It remembers the operation that computed
// it, so that backward() can find its way back. Copying a Tensor copies a handle: both refer to the same data. There
// are no strides and no views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/base.h"
#include "kernels/bf16.h"

namespace ppl {

enum class Device : uint8_t { cpu, cuda };
enum class DType : uint8_t { f32, bf16, u8 };

size_t size_of(DType);
const char* name(DType);
const char* name(Device);

template <class T>
constexpr DType dtype_of() {
  using U = std::remove_const_t<T>;
  static_assert(std::is_same_v<U, float> || std::is_same_v<U, bf16> || std::is_same_v<U, uint8_t>);
  return std::is_same_v<U, float> ? DType::f32 : std::is_same_v<U, bf16> ? DType::bf16 : DType::u8;
}

using Shape = std::vector<int64_t>;
int64_t numel(const Shape&);  // Error where an extent is negative or the product leaves 62 bits
std::string to_string(const Shape&);

class Tensor;
struct Storage;
struct Node;

class Tensor {
 public:
  Tensor() = default;

  static Tensor empty(Shape, DType = DType::f32, Device = Device::cpu);  // content unspecified
  static Tensor zeros(Shape, DType = DType::f32, Device = Device::cpu);
  static Tensor full(Shape, float value, DType = DType::f32, Device = Device::cpu);
  static Tensor from(Shape, const std::vector<float>&, DType = DType::f32, Device = Device::cpu);
  static Tensor from(Shape, const std::vector<uint8_t>&, Device = Device::cpu);

  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const;
  int64_t dim(int i) const { return shape()[static_cast<size_t>(i)]; }
  int rank() const { return static_cast<int>(shape().size()); }
  int64_t size() const;  // number of elements
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype()); }
  DType dtype() const;
  Device device() const;

  template <class T>
  T* data() const {
    PPL_CHECK(dtype() == dtype_of<T>(), "tensor is ", name(dtype()), ", not ", name(dtype_of<T>()));
    return static_cast<T*>(raw());
  }
  void* raw() const;
  std::vector<float> to_host() const;  // converted to f32; waits for the device
  float item() const;                  // of a tensor with one element

  // A copy on that device, not recorded for backward; this tensor itself if it is there already.
  Tensor to(Device) const;
  // Overwrites the content, converting from f32. Error unless there is one value an element.
  void assign(const std::vector<float>&) const;

  // The same data under another shape with as many elements; not recorded for backward.
  Tensor reshaped(Shape) const;
  bool same_storage(const Tensor&) const;

  // A counter that goes up whenever the content of a parameter or buffer changes. Caches of what was computed from it
  // (folded or packed weights) compare it. touch() raises it; call it after writing through data().
  uint64_t version() const;
  void touch() const;

  bool requires_grad() const;
  void set_requires_grad(bool on = true) const;
  Tensor grad() const;      // of a leaf after backward(); undefined where none came
  void clear_grad() const;  // grad() becomes undefined; memory given by use_memory is kept for the next one
  void find_grad() const;   // grad() becomes what the memory given by use_memory holds

  // Moves the content of a parameter or buffer to another device; all handles see it there.
  void move_to(Device) const;

  // Moves the content of a parameter or buffer (f32) into an arena, `offset` elements from its start.
  void use_memory(const Tensor& arena, int64_t offset) const;
  // The same; its gradient will be written at the same offset of grad_arena.
  void use_memory(const Tensor& arena, int64_t offset, const Tensor& grad_arena) const;

  // Of a tensor with one element: computes grad() of every tensor it depends on that requires one. Frees what the
  // forward pass kept for that.
  void backward() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
  friend struct Tape;
};

// From dL/dy to dL/d(input) for each input, in order; undefined where an input needs none.
using Backward = std::function<std::vector<Tensor>(const Tensor& dy)>;

// Every op ends with it: if gradients are on and an input requires one, y remembers the inputs and how to go back.
// Optional inputs may be undefined. Returns y.
Tensor record(const char* op, std::vector<Tensor> inputs, Tensor y, Backward);

// Memory for the gradient of w (f32): w's slice of the gradient arena if that is free in this step, else a new tensor,
// which backward() adds to the first.
Tensor gradient_target(const Tensor& w);

// The hook is called during backward() for each parameter as soon as its gradient is complete. There is one hook at a
// time; an empty function removes it.
void on_gradient_complete(std::function<void(const Tensor& leaf)> hook);

bool grad_enabled();
class NoGrad {  // while an object of it exists, this thread's ops are not recorded for backward
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

// Bytes held by tensors on a device (on cuda also by scratch memory and graphs): now, and the most since the last
// reset.
// held: now and what is kept for later tensors (on cuda the driver keeps it).
struct MemoryUse {
  size_t now = 0, peak = 0, held = 0;
};
MemoryUse memory_use(Device);
void reset_peak_memory(Device);

}  // namespace ppl
