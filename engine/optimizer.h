// Adam and SGD with momentum over an arena: one pass over parameters, gradients and state.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/arena.h"

namespace ppl {

std::vector<std::string> optimizer_names();

struct OptimizerOptions {
  std::string name = "adam";  // adam, adamw, sgd
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double momentum = 0.9;
  double weight_decay = 0;  // L2, added to the gradient; adamw: weights times 1 - rate weight_decay
  double clip_norm = 0;     // 0: no clipping of the gradient's norm
};

class Optimizer {
 public:
  // The first `front` elements of the arena can be left out of a step; 0: all take part in all steps.
  Optimizer(Arena&, const OptimizerOptions&, int64_t front = 0);

  // Uses and forgets the gradients; does not wait for the device. without_front: the front stays as it is, values and
  // moments.
  void step(double rate, bool without_front = false);

  struct Steps {
    int64_t front = 0, rest = 0;  // that have changed each part
  };
  Steps steps() const { return steps_; }

  // What a checkpoint needs: moments by name, and the numbers of steps.
  std::map<std::string, Tensor> state() const;
  void restore_steps(Steps steps) { steps_ = steps; }

 private:
  void measure_gradients();  // their sum of squares
  void update(int64_t begin, int64_t end, int64_t steps, double rate);

  Arena& arena_;
  OptimizerOptions options_;
  int64_t front_;
  Steps steps_;
  Tensor first_, second_;  // Adam's moments; SGD uses the first
  Tensor scalars_;         // what changes from step to step, in device memory
  Tensor squares_;         // eight bytes: the f64 sum of the gradient's squares
};

}  // namespace ppl
