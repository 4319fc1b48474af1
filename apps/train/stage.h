// One stage of a run: its epochs, with validation, early stop, weights, log lines and checkpoints.
#pragma once

#include "apps/train/config/config.h"
#include "apps/train/data.h"
#include "apps/train/record/recorder.h"
#include "engine/communication/communication.h"
#include "models/linknet.h"

namespace ppl::apps {

// Trains the network from the checkpoint's position to the end of that position's stage; the best weights are then in
// the stage's folder. At the end of the run's last stage saves a checkpoint that says so. Interrupted where the program
// was asked to stop; it then has saved a checkpoint.
void run_stage(const TrainConfig&, const Checkpoint& start, const StageTiles&, LinkNet&, Recorder&, Communication&);

}  // namespace ppl::apps
