// Where the time of the steps goes, on each rank.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/communication/communication.h"
#include "models/training/trainer.h"

namespace ppl::apps {

class Profile {
 public:
  // One step: when its tiles were there, the seconds that it waited for them, its parts, the tiles of all ranks.
  void add(std::chrono::system_clock::time_point start, double data, const StepTimes&, int64_t tiles);

  // Gathers the steps of all ranks. Rank 0 writes them as a Chrome trace (a process for each rank; sums on their way in
  // a row of their own) and gets the table to print, the others "".
  // Peaks of memory are the device's. Behind the table: which convolution is computed by what, on rank 0.
  std::string finish(const std::string& path, Device, Communication&) const;

 private:
  std::vector<double> rows_;  // of column_count each
};

}  // namespace ppl::apps
