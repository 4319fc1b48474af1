#include "apps/train/monitor.h"

#include <fmt/format.h>

namespace ppl::apps {
namespace {

bool take_better(std::optional<double>& best, double score) {
  if (best && score <= *best) return false;
  best = score;
  return true;
}

}  // namespace

void Monitor::judge(nlohmann::json& line, Position& at, bool has_average) const {
  line["best"] = false;
  const bool has_loss = line["loss"].is_number(), has_iou = line.contains("validation");
  const double loss = has_loss ? line["loss"].get<double>() : 0;
  bool better = false;
  if (has_loss && (has_iou || !by_iou_)) {
    better = take_better(at.best, by_iou_ ? line["validation"]["iou"].get<double>() : -loss);
    line["best"] = better;
    if (has_average) {
      const bool average = by_iou_ ? take_better(at.best_average, line["validation_average"]["iou"]) : better;
      line["best_average"] = average;
      better |= average;
    }
  }
  if (by_iou_ && stage_.monitor == "auto") {
    if (has_loss) better |= take_better(at.best_loss, -loss);
  } else if (by_iou_ && !has_iou) {
    return;  // patience counts validations
  }
  at.since_best = better ? 0 : at.since_best + 1;
}

std::string Monitor::why_exhausted(const Position& at) const {
  const char* what = !by_iou_                   ? "epochs without a lower training loss"
                     : stage_.monitor == "auto" ? "epochs without a better validation IoU or a lower training loss"
                                                : "validations without a better IoU";
  return fmt::format("{} {} (patience {})", at.since_best, what, stage_.patience);
}

}  // namespace ppl::apps
