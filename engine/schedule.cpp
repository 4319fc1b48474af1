#include "engine/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/nearest_name.h"
#include "kernels/base.h"

namespace ppl {

std::vector<std::string> schedule_names() { return {"constant", "cosine", "poly", "step"}; }

double learning_rate(const ScheduleOptions& o, double base, double epoch, double epochs) {
  if (epoch < o.warmup_epochs) return base * (epoch + 1) / (o.warmup_epochs + 1);
  const double done = std::clamp((epoch - o.warmup_epochs) / std::max(1e-9, epochs - o.warmup_epochs), 0.0, 1.0);
  if (o.name == "constant") return base;
  if (o.name == "poly") return base * std::pow(1 - done, o.power);
  if (o.name == "cosine") return base * 0.5 * (1 + std::cos(std::numbers::pi * done));
  if (o.name == "step") return base * std::pow(o.gamma, std::floor((epoch - o.warmup_epochs) / o.step_epochs));
  throw Error(cat("no schedule is called '", o.name, "'; the nearest is ", nearest_name(o.name, schedule_names())));
}

}  // namespace ppl
