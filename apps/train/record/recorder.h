// What a run leaves in its folder beside weights: log, events, sheets, checkpoints, profile. Rank 0's alone writes.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "apps/train/checkpoint.h"
#include "apps/train/config/config.h"
#include "apps/train/record/epoch_log.h"
#include "apps/train/record/event_file.h"
#include "apps/train/record/profile.h"
#include "engine/communication/communication.h"

namespace ppl::apps {

class Recorder {
 public:
  // Goes on behind what the position says was written; what stands after that is cut off.
  Recorder(const TrainConfig&, const Position&, const Communication&, bool profile);

  bool writes() const { return writes_; }

  void loss(const std::string& stage, int64_t step, double value);
  void epoch(const nlohmann::json& line);
  void sheet(const std::string& folder, const std::string& stage, int64_t epoch, const Image&);
  void checkpoint(const Checkpoint&);  // notes in it how many events were written

  uint64_t log_bytes() const { return log_ ? log_->bytes() : 0; }
  Profile* profile() { return profile_ ? &*profile_ : nullptr; }  // null where none was asked for

 private:
  bool writes_;
  std::unique_ptr<EpochLog> log_;
  std::unique_ptr<EventFile> events_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::optional<Profile> profile_;
  double last_loss_ = std::numeric_limits<double>::quiet_NaN();  // of the epoch before
};

std::string log_path(const TrainConfig&);
std::string event_path(const TrainConfig&);
std::string checkpoint_folder(const TrainConfig&);
std::string stage_folder(const TrainConfig&, int64_t stage);
// The weights that the next stage starts from: the best ones; of the average, where the stage keeps one.
std::string stage_result(const TrainConfig&, int64_t stage);

}  // namespace ppl::apps
