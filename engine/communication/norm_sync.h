// Batch norms over all ranks.
#pragma once

#include "engine/communication/communication.h"

namespace ppl {

// While one of these lives, batch_norm (of this thread) takes its statistics over the pixels of all ranks, forward and
// backward; every rank must then run the same ops. idle: this rank's pixels are left out (it only keeps step).
class NormSync {
 public:
  NormSync(Communication& communication, bool idle);
  ~NormSync();
  NormSync(const NormSync&) = delete;
  NormSync& operator=(const NormSync&) = delete;

  static const NormSync* current();  // null where there is none
  Communication& communication() const { return communication_; }
  bool idle() const { return idle_; }

 private:
  Communication& communication_;
  bool idle_;
  const NormSync* before_;
};

}  // namespace ppl
