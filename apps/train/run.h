// A training run: its stages one after the other, with logs and weights in its folder.
#pragma once

#include "apps/train/config.h"

namespace ppl::apps {

// Writes into config.run: config.json (the effective configuration), log.jsonl (a line an epoch), and for each stage
// <stage>/best.safetensors and <stage>/last.safetensors. All tiles of all stages are opened before the first step.
void run_training(const TrainConfig&);

}  // namespace ppl::apps
