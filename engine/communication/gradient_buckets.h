// Sums of gradients over all ranks, begun while backward still runs.
#pragma once

#include <vector>

#include "engine/arena.h"
#include "engine/communication/communication.h"

namespace ppl {

// The arena in contiguous buckets of about the size asked for. A bucket is on its way as soon as its last gradient is
// complete, so buckets follow one another in the order in which backward() reaches them, which is the same on each
// rank.
class GradientBuckets {
 public:
  GradientBuckets(const Arena&, Communication&, Wire, int64_t bytes);
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  // From now on gradients count that backward() completes; the next one must be the last of the step.
  void begin();
  // Sends what has not been complete (parameters without a gradient), waits for all.
  void finish();

 private:
  struct Bucket {
    size_t first_slice, slices;
    int64_t begin, end;   // elements of the arena
    int64_t to_come = 0;  // gradients
    bool needed = false;  // some parameter of it is trained in this step
  };
  void complete(const Tensor& parameter);
  void send(const Bucket&);

  const Arena& arena_;
  Communication& communication_;
  Wire wire_;
  std::vector<Bucket> buckets_;
};

}  // namespace ppl
