// What a stage's configuration means to the loader and to the trainer.
#pragma once

#include "apps/train/config/config.h"
#include "apps/train/data.h"
#include "engine/communication/communication.h"
#include "models/training/trainer.h"

namespace ppl::apps {

DType precision_of(const TrainConfig&);
// On a device other than the CPU the loader hands out raw crops.
LoaderOptions loader_options(const TrainConfig&, int64_t stage, const StageTiles&, const Communication&, Device);
TrainerOptions trainer_options(const TrainConfig&, const StageConfig&, Communication&);

}  // namespace ppl::apps
