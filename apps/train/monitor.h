// Which epoch of a stage is the best, and when the stage has gone long enough without a better one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/train/checkpoint.h"
#include "apps/train/config/config.h"

namespace ppl::apps {

class Monitor {
 public:
  Monitor(const StageConfig& s, bool has_validation)
      : stage_(s), by_iou_(s.monitor == "validation_iou" || (s.monitor == "auto" && has_validation)) {}

  // Notes in an epoch's line whether its weights ("best") and their average ("best_average") are the best so far, and
  // in the position what that is and for how long nothing has got better. An epoch without a loss is never the best.
  void judge(nlohmann::json& line, Position&, bool has_average) const;

  // With the monitor auto and validation tiles, nothing has got better where neither the validation IoU nor the
  // training loss has: a network that starts from scratch learns for many epochs before its IoU moves.
  bool exhausted(const Position& at) const { return stage_.patience > 0 && at.since_best > stage_.patience; }
  std::string why_exhausted(const Position&) const;

 private:
  const StageConfig& stage_;
  bool by_iou_;
};

}  // namespace ppl::apps
