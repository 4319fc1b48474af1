// A network part with named parameters, buffers and children, so that state-dict names come out right.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/random.h"
#include "engine/tensor.h"

namespace ppl {

class Module {
 public:
  struct Entry {
    std::string name;  // "encoder1.0.conv1.weight"
    Tensor tensor;
    bool trainable;  // a parameter, not a buffer
  };

  Module() = default;
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // Depth first, in the order of registration.
  std::vector<Entry> entries() const;
  std::vector<Entry> parameters() const;

  void train(bool on = true);
  bool training() const { return training_; }

  // Moves parameters and buffers to a device; before they are in an arena.
  void to(Device);
  Device device() const;  // of the first of them

  // Draws the parameters of this module and those below it, in order; on the CPU. Until then (or until a state dict is
  // loaded) they are zeros, with which layers refuse to run.
  void initialize(Random&);

 protected:
  // Children are members of the derived class; registered in its constructor.
  void child(std::string name, Module& module);
  Tensor parameter(std::string name, Shape);
  Tensor buffer(std::string name, Shape, float value);

  virtual void initialize_own(Random&) {}

 private:
  void collect(const std::string& prefix, std::vector<Entry>&) const;

  std::vector<Entry> own_;
  std::vector<std::pair<std::string, Module*>> children_;
  bool training_ = true;
};

// Whether a parameter no longer is as its module's constructor left it.
bool is_initialized(const Tensor& parameter);
// Error where it is not.
void require_initialized(const Tensor& parameter);

}  // namespace ppl
