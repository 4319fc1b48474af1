// Adam and SGD with momentum over an arena: one pass over parameters, gradients and state.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/arena.h"

namespace ppl {

std::vector<std::string> optimizer_names();

struct OptimizerOptions {
  std::string name = "adam";  // adam, sgd
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double momentum = 0.9;
  double weight_decay = 0;  // L2, added to the gradient
  double clip_norm = 0;     // 0: no clipping of the gradient's norm
};

class Optimizer {
 public:
  Optimizer(Arena&, const OptimizerOptions&);

  // Uses and forgets the gradients. Returns their L2 norm where clipping is on, else 0.
  double step(double rate);

  int64_t steps() const { return steps_; }

  // What a checkpoint needs: moments by name, and the number of steps.
  std::map<std::string, Tensor> state() const;
  void restore_steps(int64_t steps) { steps_ = steps; }

 private:
  double gradient_norm();  // waits for the device

  Arena& arena_;
  OptimizerOptions options_;
  int64_t steps_ = 0;
  Tensor first_, second_;  // Adam's moments; SGD uses the first
  Tensor scalars_;         // what changes from step to step, in device memory
  Tensor squares_;         // eight bytes: the f64 sum of the gradient's squares
};

}  // namespace ppl
