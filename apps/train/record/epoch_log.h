// What is said about an epoch: a JSON line in the run's folder and a line on stderr.
#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/train/config/config.h"
#include "apps/train/validate.h"

namespace ppl::apps {

struct EpochResult {
  std::optional<double> loss;  // mean over the batches; none where every step was skipped
  double learning_rate = 0;    // at the start
  double seconds = 0, images_per_second = 0;
  double waiting = 0;  // share of the time spent waiting for tiles
};

nlohmann::json describe(const StageConfig&, int64_t epoch, const EpochResult&);
nlohmann::json describe(const Validation&, double seconds);

// The same for people.
std::string summary(const StageConfig&, const nlohmann::json& line);

// JSON lines, one an epoch.
class EpochLog {
 public:
  // Keeps the first bytes of what an earlier part of the run wrote and cuts off the rest.
  explicit EpochLog(const std::string& path, uint64_t keep = 0);
  void write(const nlohmann::json&);
  uint64_t bytes() const { return bytes_; }

 private:
  std::string path_;
  std::ofstream file_;
  uint64_t bytes_;
};

}  // namespace ppl::apps
