// A dense row-major array on one device (images and maps are NHWC), and the tape entry that computed it.
// Copies of a Tensor are handles to the same data. There are no strides and no views.
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

  // The same on another device, off the tape: a copy, or this where it is there already.
  Tensor to(Device) const;
  // New content from f32 values, as many as there are elements.
  void assign(const std::vector<float>&) const;

  // Same data, other extents of the same product; not recorded on the tape.
  Tensor reshaped(Shape) const;
  bool same_storage(const Tensor&) const;

  // Raised whenever the content of a parameter or buffer changes; what is derived from it is made anew then.
  uint64_t version() const;
  void touch() const;

  bool requires_grad() const;
  void set_requires_grad(bool on = true) const;
  Tensor grad() const;      // of a leaf after backward(); undefined where none came
  void clear_grad() const;  // forgets the gradient; the memory given by use_memory stays
  void find_grad() const;   // the gradient is what that memory holds

  // Moves the content of a leaf to another device; all handles to it follow.
  void move_to(Device) const;

  // Moves the content of a leaf into a slice of an arena. Offset in elements; f32.
  void use_memory(const Tensor& arena, int64_t offset) const;
  // And says where its gradient is to be written: into another arena of the same layout.
  void use_memory(const Tensor& arena, int64_t offset, const Tensor& grad_arena) const;

  // For a scalar: fills grad() of every leaf below that requires it, and frees the tape on the way.
  void backward() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
  friend struct Tape;
};

// Given dL/dy, dL/d(input) for each input in order; undefined where an input needs none.
using Backward = std::function<std::vector<Tensor>(const Tensor& dy)>;

// Called once at the end of an op: remembers how to go back from y if any input requires a gradient and
// gradients are on. Undefined inputs are allowed (optional ones).
Tensor record(const char* op, std::vector<Tensor> inputs, Tensor y, Backward);

// Where the gradient of w (f32) is to be written: its slice of the arena at the first use, else a new tensor.
Tensor gradient_target(const Tensor& w);

// Called during backward() as soon as a leaf's gradient is complete. One hook at a time; empty removes it.
void on_gradient_complete(std::function<void(const Tensor& leaf)> hook);

bool grad_enabled();
class NoGrad {  // no op is recorded while one of these lives (this thread)
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

// Bytes of this device's tensors, on cuda also of scratch memory and graphs: now, and at most since the last reset.
// held: now and what is kept for later tensors (on cuda the driver keeps it).
struct MemoryUse {
  size_t now = 0, peak = 0, held = 0;
};
MemoryUse memory_use(Device);
void reset_peak_memory(Device);

}  // namespace ppl
