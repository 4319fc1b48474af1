// A training run: its stages one after the other, with logs and weights in its folder.
#pragma once

#include "apps/train/config/config.h"
#include "engine/communication/communication.h"
#include "engine/tensor.h"

namespace ppl::apps {

struct RunOptions {
  bool overwrite = false;  // an earlier run in the folder
  bool profile = false;    // leave trace.json and print a table of where the time went
};

// Writes into config.run: config.json (the effective configuration), log.jsonl (a line an epoch), checkpoints, and for
// each stage <stage>/best.safetensors and <stage>/last.safetensors. All tiles of all stages are opened before the first
// step. Error where the folder holds an earlier run, unless it may be overwritten; Interrupted after SIGTERM. Every
// rank calls it; rank 0 writes.
void run_training(const TrainConfig&, Device, Communication&, const RunOptions& = {});

// Goes on from the newest whole checkpoint in config.run, or from the beginning where there is none yet. With the same
// configuration, machine, device and numbers of threads and ranks, losses and weights are those of an undisturbed run
// to the bit.
void resume_training(const TrainConfig&, Device, Communication&, const RunOptions& = {});

}  // namespace ppl::apps
