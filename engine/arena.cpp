#include "engine/arena.h"

#include "engine/storage.h"

namespace ppl {

Arena::Arena(const Module& module) {
  constexpr int64_t kAlign = 16;  // floats in 64 bytes
  int64_t size = 0;
  Device device = Device::cpu;
  for (const Module::Entry& e : module.parameters()) {
    device = e.tensor.device();
    slices_.push_back({e.tensor, size});
    size += ceil_div(e.tensor.size(), kAlign) * kAlign;
  }
  values = Tensor::zeros({size}, DType::f32, device);
  gradients = Tensor::zeros({size}, DType::f32, device);
  for (const Slice& s : slices_) s.parameter.use_memory(values, s.offset, gradients);
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

}  // namespace ppl
