// The moving average of a network's weights and running statistics over the steps of a training.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/arena.h"

namespace ppl {

class Ema {
 public:
  // Starts at the values that are there. decay: what a step leaves of the old average, in (0, 1). The arena must live
  // as long as this.
  Ema(const Arena&, const Module&, double decay);

  // After step `step` (from 1): average += (1 - d)(value - average), d = min(decay, step / (step + 9)), so that the
  // first values are soon forgotten.
  void update(int64_t step);

  // Puts the average into the network and the network's values here, or back again.
  void exchange();

  // What a checkpoint needs, by name.
  std::map<std::string, Tensor> state() const;

 private:
  const Arena& arena_;
  double decay_;
  Tensor values_, buffers_;                // the averages, laid out as the arena's
  std::map<std::string, Tensor> by_name_;  // the parameters as one, and each running statistic
};

// Exchanges on construction and back on destruction.
class UseEma {
 public:
  explicit UseEma(Ema& average) : average_(average) { average_.exchange(); }
  ~UseEma() { average_.exchange(); }
  UseEma(const UseEma&) = delete;
  UseEma& operator=(const UseEma&) = delete;

 private:
  Ema& average_;
};

}  // namespace ppl
