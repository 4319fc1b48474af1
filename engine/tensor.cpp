#include "engine/tensor.h"

#include <algorithm>

#include "engine/ops.h"
#include "engine/storage.h"
#include "engine/tape.h"

namespace ppl {

size_t size_of(DType t) { return t == DType::f32 ? 4 : t == DType::bf16 ? 2 : 1; }
const char* name(DType t) { return t == DType::f32 ? "f32" : t == DType::bf16 ? "bf16" : "u8"; }
const char* name(Device d) { return d == Device::cpu ? "cpu" : "cuda"; }

int64_t numel(const Shape& shape) {
  int64_t n = 1;
  for (const int64_t d : shape) {
    PPL_CHECK(d >= 0, "negative extent in shape ", to_string(shape));
    PPL_CHECK(!__builtin_mul_overflow(n, d, &n) && n < int64_t{1} << 60, "shape ", to_string(shape), " is too large");
  }
  return n;
}

std::string to_string(const Shape& shape) {
  std::string s = "[";
  for (const int64_t d : shape) {
    if (s.size() > 1) s += ',';
    s += std::to_string(d);
  }
  s += ']';
  return s;
}

Tensor Tensor::empty(Shape shape, DType dtype, Device device) {
  Tensor t;
  t.impl_ = std::make_shared<Impl>();
  t.impl_->storage = std::make_shared<Storage>(static_cast<size_t>(numel(shape)) * size_of(dtype), device);
  t.impl_->shape = std::move(shape);
  t.impl_->dtype = dtype;
  t.impl_->device = device;
  return t;
}

Tensor Tensor::zeros(Shape shape, DType dtype, Device device) {
  Tensor t = empty(std::move(shape), dtype, device);
  zero_bytes(device, t.raw(), t.bytes());
  return t;
}

Tensor Tensor::full(Shape shape, float value, DType dtype, Device device) {
  if (device != Device::cpu) {  // there, so that recorded work (graph.h) can have it too
    const Tensor t = empty(std::move(shape), dtype, device);
    fill(t, value);
    return t;
  }
  const auto n = static_cast<size_t>(numel(shape));
  return from(std::move(shape), std::vector<float>(n, value), dtype, device);
}

Tensor Tensor::from(Shape shape, const std::vector<float>& values, DType dtype, Device device) {
  Tensor t = empty(std::move(shape), dtype, device);
  t.assign(values);
  return t;
}

Tensor Tensor::from(Shape shape, const std::vector<uint8_t>& values, Device device) {
  Tensor t = empty(std::move(shape), DType::u8, device);
  PPL_CHECK(static_cast<int64_t>(values.size()) == t.size(), "tensor ", to_string(t.shape()), " from ", values.size(),
            " values");
  copy_bytes(device, t.raw(), Device::cpu, values.data(), t.bytes());
  return t;
}

void Tensor::assign(const std::vector<float>& values) const {
  PPL_CHECK(static_cast<int64_t>(values.size()) == size(), "tensor ", to_string(shape()), " from ", values.size(),
            " values");
  if (device() != Device::cpu) {
    const Tensor host = from(shape(), values, dtype());
    copy_bytes(device(), raw(), Device::cpu, host.raw(), bytes());
    return;
  }
  if (dtype() == DType::f32) std::copy(values.begin(), values.end(), data<float>());
  if (dtype() == DType::bf16)
    std::transform(values.begin(), values.end(), data<bf16>(), [](float v) { return bf16(v); });
  if (dtype() == DType::u8)
    std::transform(values.begin(), values.end(), data<uint8_t>(), [](float v) { return static_cast<uint8_t>(v); });
}

Tensor Tensor::to(Device d) const {
  if (d == device()) return *this;
  Tensor t = empty(shape(), dtype(), d);
  copy_bytes(d, t.raw(), device(), raw(), bytes());
  return t;
}

void Tensor::move_to(Device d) const {
  if (d == device()) return;
  PPL_CHECK(!impl_->node && !impl_->grad_slot.defined(), "only a leaf outside of an arena can be moved to a device");
  const Tensor there = to(d);
  impl_->storage = there.impl_->storage;
  impl_->byte_offset = 0;
  impl_->device = d;
  clear_grad();
  touch();
}

const Shape& Tensor::shape() const { return impl_->shape; }
int64_t Tensor::size() const { return numel(impl_->shape); }
DType Tensor::dtype() const { return impl_->dtype; }
Device Tensor::device() const { return impl_->device; }
void* Tensor::raw() const { return static_cast<std::byte*>(impl_->storage->data) + impl_->byte_offset; }

std::vector<float> Tensor::to_host() const {
  if (device() != Device::cpu) return to(Device::cpu).to_host();
  std::vector<float> v(static_cast<size_t>(size()));
  if (dtype() == DType::f32) std::copy_n(data<float>(), v.size(), v.begin());
  if (dtype() == DType::bf16) std::copy_n(data<bf16>(), v.size(), v.begin());
  if (dtype() == DType::u8) std::copy_n(data<uint8_t>(), v.size(), v.begin());
  return v;
}

float Tensor::item() const {
  PPL_CHECK(size() == 1, "item of a tensor of shape ", to_string(shape()));
  return to_host()[0];
}

Tensor Tensor::reshaped(Shape shape) const {
  PPL_CHECK(numel(shape) == size(), "cannot reshape ", to_string(this->shape()), " to ", to_string(shape));
  Tensor t;
  t.impl_ = std::make_shared<Impl>();
  t.impl_->storage = impl_->storage;
  t.impl_->byte_offset = impl_->byte_offset;
  t.impl_->shape = std::move(shape);
  t.impl_->dtype = impl_->dtype;
  t.impl_->device = impl_->device;
  return t;
}

bool Tensor::same_storage(const Tensor& o) const { return defined() && o.defined() && raw() == o.raw(); }
uint64_t Tensor::version() const { return impl_->version; }
void Tensor::touch() const { ++impl_->version; }
bool Tensor::requires_grad() const { return impl_->requires_grad; }
void Tensor::set_requires_grad(bool on) const { impl_->requires_grad = on; }
Tensor Tensor::grad() const { return impl_->grad; }

void Tensor::clear_grad() const {
  impl_->grad = {};
  impl_->grad_slot_taken = false;
}

void Tensor::find_grad() const {
  PPL_CHECK(impl_->grad_slot.defined(), "a gradient can only be found in an arena");
  impl_->grad = impl_->grad_slot;
  impl_->grad_slot_taken = true;
}

void Tensor::use_memory(const Tensor& arena, int64_t offset) const {
  PPL_CHECK(dtype() == DType::f32 && arena.dtype() == DType::f32, "an arena holds f32 tensors");
  PPL_CHECK(device() == arena.device(), "an arena on another device");
  PPL_CHECK(offset >= 0 && offset + size() <= arena.size(), "slice outside the arena");
  copy_bytes(device(), arena.data<float>() + offset, device(), raw(), bytes());
  impl_->storage = arena.impl_->storage;
  impl_->byte_offset = arena.impl_->byte_offset + static_cast<size_t>(offset) * sizeof(float);
}

void Tensor::use_memory(const Tensor& arena, int64_t offset, const Tensor& grad_arena) const {
  PPL_CHECK(device() == grad_arena.device(), "an arena on another device");
  PPL_CHECK(arena.size() == grad_arena.size(), "slice outside the arena");
  use_memory(arena, offset);
  Tensor slot = empty({0}, DType::f32, device());
  slot.impl_->storage = grad_arena.impl_->storage;
  slot.impl_->byte_offset = grad_arena.impl_->byte_offset + static_cast<size_t>(offset) * sizeof(float);
  slot.impl_->shape = impl_->shape;
  impl_->grad_slot = slot;
  clear_grad();
}

}  // namespace ppl
