#include "engine/module.h"

#include <algorithm>

namespace ppl {

void Module::child(std::string name, Module& module) { children_.emplace_back(std::move(name), &module); }

Tensor Module::parameter(std::string name, Shape shape) {
  Tensor t = Tensor::zeros(std::move(shape));
  t.set_requires_grad();
  own_.push_back({std::move(name), t, true});
  return t;
}

Tensor Module::buffer(std::string name, Shape shape, float value) {
  Tensor t = Tensor::full(std::move(shape), value);
  own_.push_back({std::move(name), t, false});
  return t;
}

void Module::collect(const std::string& prefix, std::vector<Entry>& all) const {
  for (const Entry& e : own_) all.push_back({prefix + e.name, e.tensor, e.trainable});
  for (const auto& [name, module] : children_) module->collect(prefix + name + ".", all);
}

std::vector<Module::Entry> Module::entries() const {
  std::vector<Entry> all;
  collect("", all);
  return all;
}

std::vector<Module::Entry> Module::parameters() const {
  std::vector<Entry> all = entries();
  std::erase_if(all, [](const Entry& e) { return !e.trainable; });
  return all;
}

void Module::train(bool on) {
  training_ = on;
  for (auto& [name, module] : children_) module->train(on);
}

void Module::to(Device device) {
  for (const Entry& e : entries()) e.tensor.move_to(device);
}

Device Module::device() const {
  const std::vector<Entry> all = entries();
  return all.empty() ? Device::cpu : all.front().tensor.device();
}

void Module::initialize(Random& random) {
  initialize_own(random);
  for (const Entry& e : own_) e.tensor.touch();
  for (auto& [name, module] : children_) module->initialize(random);
}

bool is_initialized(const Tensor& parameter) {
  if (parameter.version() > 0) return true;
  const std::vector<float> values = parameter.to_host();  // somebody may have written them through data()
  return std::any_of(values.begin(), values.end(), [](float v) { return v != 0; });
}

void require_initialized(const Tensor& parameter) {
  PPL_CHECK(is_initialized(parameter), "a parameter of shape ", to_string(parameter.shape()),
            " was never set: call the network's initialize(random), or load a state dict");
}

}  // namespace ppl
