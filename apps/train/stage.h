// One stage of a run: its epochs, with validation, early stop, weights and log lines.
#pragma once

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/train/config.h"
#include "io/tiles.h"
#include "models/linknet.h"

namespace ppl::apps {

struct StageTiles {
  std::shared_ptr<const TileSource> train, validation;  // validation may be null
};

// JSON lines, one an epoch.
class EpochLog {
 public:
  explicit EpochLog(const std::string& path);
  void write(const nlohmann::json&);

 private:
  std::string path_;
  std::ofstream file_;
};

std::string stage_folder(const TrainConfig&, size_t stage);

// Trains the network, which then holds the last epoch's weights; the best are in the stage's folder.
void run_stage(const TrainConfig&, size_t stage, const StageTiles&, LinkNet&, EpochLog&);

}  // namespace ppl::apps
