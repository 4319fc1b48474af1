// One stage of a run: its epochs, with validation, early stop, weights, log lines and checkpoints.
#pragma once

#include <memory>
#include <string>

#include "apps/train/checkpoint.h"
#include "apps/train/config.h"
#include "apps/train/epoch_log.h"
#include "io/tiles.h"
#include "models/linknet.h"

namespace ppl::apps {

struct StageTiles {
  std::shared_ptr<const TileSource> train, validation;  // validation may be null
};

// What all stages of a run write to.
struct RunFiles {
  EpochLog log;
  Checkpoints checkpoints;
};

std::string stage_folder(const TrainConfig&, int64_t stage);

// Trains the network from the checkpoint's position to the end of that position's stage; the best weights are then in
// the stage's folder. Interrupted where the program was asked to stop; it then has saved a checkpoint.
void run_stage(const TrainConfig&, const Checkpoint& start, const StageTiles&, LinkNet&, RunFiles&);

}  // namespace ppl::apps
