// One training step of a network, and everything that must be kept to go on later as if nothing had happened.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "engine/arena.h"
#include "engine/communication/gradient_buckets.h"
#include "engine/named_arrays.h"
#include "engine/optimizer.h"
#include "engine/recorded_call.h"
#include "models/linknet.h"
#include "models/training/ema.h"

namespace ppl {

// How several processes train together.
struct RankOptions {
  Communication* communication = nullptr;  // null: alone
  Wire wire = Wire::f32;
  int64_t bucket_bytes = int64_t{4} << 20;
  bool sync_norm = false;  // batch norm over the tiles of all ranks, else over each rank's own
};

struct TrainerOptions {
  PixelLoss loss;
  OptimizerOptions optimizer;
  DType precision = DType::f32;  // of activations; parameters, statistics and losses are f32
  double ema_decay = 0;          // of the moving average of the weights; 0: none is kept
  RankOptions ranks = {};
  // On a device forward and backward of a step's only batch become a CUDA graph. Not for several ranks; steps of
  // several batches, and batches smaller than the largest, are run as without.
  bool graph = false;
};

struct TrainingBatch {
  Tensor images;      // [N,H,W,bands] normalised
  Tensor targets;     // u8 [N,H,W,classes] in {0, 1, 255 = ignored}
  Tensor weights;     // f32 as targets; undefined: all 1
  int64_t valid = 0;  // elements of targets that are not ignored
  bool idle = false;  // this rank has no tile in the batch: one that is ignored keeps it in step with the others
};

// Seconds of the parts of a step.
struct StepTimes {
  double forward = 0, backward = 0;  // on a device all its work counts as backward, where it is waited for
  double reduce = 0;                 // waiting for the other ranks after backward
  double optimizer = 0;
  double on_the_way = 0;  // during which sums were on their way, under backward or not
};

// From images [N,H,W,bands] of the options' precision to logits [N,H,W,classes].
using Forward = std::function<Tensor(const Tensor& images)>;
// Whether the parameter of this name is the encoder's.
using OfEncoder = std::function<bool(const std::string& name)>;

class Trainer {
 public:
  // Any module, by what makes its logits. The encoder's parameters are what freeze_encoder() is about; they must come
  // before all others.
  Trainer(Module&, Forward, const TrainerOptions&, OfEncoder = {});
  Trainer(LinkNet&, const TrainerOptions&);

  // One step on the batches of all ranks as if they were one (but for batch norm's statistics, which are of each batch,
  // or of the batches of all ranks with sync_norm; and dice_batch, which sums over each batch). It runs where the
  // network is; batches may be on any device. Returns their loss before the step; not a number where running statistics
  // or gradients are not finite. Where it is not finite, nothing changes.
  float step(std::span<const TrainingBatch>, double rate);
  float step(const Tensor& images, const Tensor& targets, double rate);

  const StepTimes& times() const { return times_; }  // of the last step
  // What is not finite after a step that returned such a loss: "loss", "running statistics", "gradient".
  const std::string& not_finite() const { return not_finite_; }

  // The encoder's parameters stay as they are while this is on; its batch norms go on with the batches. Error where
  // there is none.
  void freeze_encoder(bool on);

  Ema* average() { return average_.get(); }  // null where none is kept

  // Rank 0's running statistics, which are the ones that count, for all ranks.
  void share_statistics() const;

  // Weights under "weights/", optimizer state under "optimizer/", the average under "average/"; steps in the metadata.
  NamedArrays checkpoint() const;
  void restore(const NamedArrays&);

 private:
  struct Total {
    double valid = 0, images = 0;  // over the batches of all ranks
  };
  Total count(std::span<const TrainingBatch>) const;
  PixelLoss share_of(const TrainingBatch&, const Total&) const;
  Tensor run(const TrainingBatch&, const PixelLoss&);
  Tensor forward_and_backward(const std::vector<Tensor>& batch, const PixelLoss&);
  Tensor run_recorded(const TrainingBatch&);
  double read_losses(const Tensor& told);
  bool sums_are_finite() const;
  void undo_statistics();
  void finish_sums(double& loss);
  std::map<std::string, Tensor> state() const;

  Module& network_;
  Forward forward_;
  OfEncoder of_encoder_;
  TrainerOptions options_;
  Arena arena_;
  Optimizer optimizer_;
  std::unique_ptr<Ema> average_;
  std::unique_ptr<GradientBuckets> buckets_;  // where there are other ranks
  Tensor statistics_before_;                  // the arena's buffers as they were before the step
  bool encoder_frozen_ = false;
  RecordedCall recorded_;
  std::vector<bool> recorded_gradients_;  // of which parameters it writes
  bool gradients_finite_ = true;          // this rank's, of the last step
  StepTimes times_;
  std::string not_finite_;
};

}  // namespace ppl
