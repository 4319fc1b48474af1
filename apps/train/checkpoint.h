// Checkpoints: where a run stands between two steps, whole in one file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/named_arrays.h"

namespace ppl::apps {

// The next step of a run, and what has been counted on the way to it.
struct Position {
  int64_t stage = 0, epoch = 0, batch = 0;
  double loss = 0;                     // of the epoch so far: sum over its batches
  int64_t losses = 0;                  // batches that it is over
  int64_t images = 0;                  // of the epoch so far, over all ranks
  double seconds = 0;                  // of the epoch so far
  std::optional<double> best;          // of the monitor in this stage, the higher the better
  std::optional<double> best_average;  // the same of the moving average
  std::optional<double> best_loss;     // minus the lowest training loss, where patience counts that too
  int64_t since_best = 0;              // epochs or validations without a better one
  int64_t skipped = 0;                 // steps of this stage whose loss was not finite
  bool finished = false;               // the run's last stage is at its end
  int ranks = 1;                       // that trained up to here
  uint64_t log_bytes = 0;              // length of log.jsonl; what stands behind is cut off on resume
  uint64_t event_bytes = 0;            // the same of the event file
};

struct Checkpoint {
  Position position;
  NamedArrays state;  // of the trainer; empty at the start of a stage, which begins with the best weights of the last
};

// A folder of checkpoints, each written whole or not at all. The names sort by position.
class Checkpoints {
 public:
  // keep: so many of the newest stay.
  Checkpoints(std::string folder, int keep);

  void save(const Checkpoint&) const;

  // The newest that is whole: a damaged one is named in a log line and the one before is taken. None where there is
  // none at all; Error where all are damaged. tell: with that line.
  std::optional<Checkpoint> newest(bool tell = true) const;

 private:
  std::vector<std::string> paths() const;  // oldest first

  std::string folder_;
  int keep_;
};

}  // namespace ppl::apps
