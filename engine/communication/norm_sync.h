// Batch norm with statistics over the images of all ranks.
#pragma once

#include "engine/communication/communication.h"

namespace ppl {

// While an object of it exists, batch_norm in this thread computes its statistics over the pixels of all ranks, forward
// and backward, so every rank must run the same ops. idle: this rank takes part, but its pixels are not counted.
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
