// Learning rate by epoch.
#pragma once

#include <string>
#include <vector>

namespace ppl {

struct ScheduleOptions {
  std::string name = "poly";  // poly, step, cosine, constant
  double power = 0.9;         // poly: rate (1 - epoch/epochs)^power
  double gamma = 0.1;         // step: times gamma every step_epochs
  int step_epochs = 30;
  double warmup_epochs =
      0;  // first, linear: base (epoch + 1) / (warmup_epochs + 1); the rest of the schedule goes over what remains
  bool per_step = false;  // epochs as a fraction that moves with every step, else the published whole epochs
};

std::vector<std::string> schedule_names();

// epoch in [0, epochs), with a fraction where the rate moves with every step.
double learning_rate(const ScheduleOptions&, double base, double epoch, double epochs);

}  // namespace ppl
