// One training step of a network, and everything that must be kept to go on later as if nothing had happened.
#pragma once

#include "engine/arena.h"
#include "engine/named_arrays.h"
#include "engine/optimizer.h"
#include "models/linknet.h"

namespace ppl {

struct TrainerOptions {
  PixelLoss loss;
  OptimizerOptions optimizer;
  DType precision = DType::f32;  // of activations; parameters, statistics and losses are f32
};

class Trainer {
 public:
  Trainer(LinkNet&, const TrainerOptions&);

  // images [N,H,W,bands] normalised, targets u8 [N,H,W,classes] in {0, 1, 255 = ignored}, on any device -> the loss
  // before the step. The step runs where the network is.
  float step(const Tensor& images, const Tensor& targets, double rate);

  // Weights under "weights/", optimizer state under "optimizer/"; steps in the metadata.
  NamedArrays checkpoint() const;
  void restore(const NamedArrays&);

 private:
  LinkNet& network_;
  TrainerOptions options_;
  Arena arena_;
  Optimizer optimizer_;
};

}  // namespace ppl
