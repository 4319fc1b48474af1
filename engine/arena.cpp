#include "engine/arena.h"

#include "engine/storage.h"

namespace ppl {

Arena::Arena(const Module& module) {
  constexpr int64_t kAlign = 16;  // floats in 64 bytes
  int64_t size = 0, buffer_size = 0;
  for (const Module::Entry& e : module.entries()) {
    int64_t& at = e.trainable ? size : buffer_size;
    if (e.trainable)
      slices_.push_back({e.tensor, at});
    else
      buffer_slices_.push_back({e.tensor, at});
    at += ceil_div(e.tensor.size(), kAlign) * kAlign;
  }
  const Device device = module.device();
  values = Tensor::zeros({size}, DType::f32, device);
  gradients = Tensor::zeros({size}, DType::f32, device);
  buffers = Tensor::zeros({buffer_size}, DType::f32, device);
  for (const Slice& s : slices_) s.parameter.use_memory(values, s.offset, gradients);
  for (const BufferSlice& s : buffer_slices_) s.buffer.use_memory(buffers, s.offset);
}

void Arena::clear_gradients() const {
  for (const Slice& s : slices_) s.parameter.clear_grad();
}

std::vector<bool> Arena::with_gradient() const {
  std::vector<bool> of;
  for (const Slice& s : slices_) of.push_back(s.parameter.grad().defined());
  return of;
}

void Arena::find_gradients(const std::vector<bool>& of) const {
  for (size_t i = 0; i < slices_.size(); ++i)
    if (of[i]) slices_[i].parameter.find_grad();
}

void Arena::complete_gradients() const {
  for (size_t i = 0; i < slices_.size(); ++i) complete_gradient(i);
}

void Arena::complete_gradient(size_t slice) const {
  const Slice& s = slices_[slice];
  if (s.parameter.grad().defined()) return;
  zero_bytes(gradients.device(), gradients.data<float>() + s.offset, s.parameter.bytes());
}

void Arena::touch() const {
  for (const Slice& s : slices_) s.parameter.touch();
}

void Arena::touch_buffers() const {
  for (const BufferSlice& s : buffer_slices_) s.buffer.touch();
}

}  // namespace ppl
