#include "engine/recorded_call.h"

#include <algorithm>

#include "engine/storage.h"
#include "kernels/profile_range.h"

namespace ppl {
namespace {

size_t bytes_of(const std::vector<Tensor>& all) {
  size_t sum = 0;
  for (const Tensor& t : all) sum += t.defined() ? t.bytes() : 0;
  return sum;
}

}  // namespace

RecordedCall::Place RecordedCall::place_of(const Tensor& t) {
  return t.defined() ? Place{true, t.shape(), t.dtype()} : Place{};
}

// Whether the inputs are of the kind that is kept; larger ones, and another state, begin anew.
bool RecordedCall::fits(const std::vector<Tensor>& inputs, uint64_t state) {
  std::vector<Place> places;
  for (const Tensor& t : inputs) places.push_back(place_of(t));
  if (graph_ && state == state_) {
    if (places == places_) return true;
    if (bytes_of(inputs) <= bytes_of(inputs_)) return false;
  }
  graph_.reset();
  result_ = {};
  inputs_.clear();
  for (const Tensor& t : inputs)
    inputs_.push_back(t.defined() ? Tensor::empty(t.shape(), t.dtype(), device_) : Tensor());
  places_ = std::move(places);
  state_ = state;
  graph_.emplace(device_);
  return true;
}

Tensor RecordedCall::run(const std::vector<Tensor>& inputs, uint64_t state, const Function& f) {
  replayed_ = false;
  if (device_ == Device::cpu || !fits(inputs, state)) {
    std::vector<Tensor> there;
    for (const Tensor& t : inputs) there.push_back(t.defined() ? t.to(device_) : t);
    return f(there);
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].defined())
      copy_bytes(device_, inputs_[i].raw(), inputs[i].device(), inputs[i].raw(), inputs[i].bytes());
  replayed_ = true;
  const ProfileRange range("graph");
  graph_->run([&] {
    replayed_ = false;
    result_ = f(inputs_);
  });
  return result_;
}

}  // namespace ppl
