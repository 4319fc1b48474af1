// All-reduce of the gradients, started while backward still runs.
#pragma once

#include <vector>

#include "engine/arena.h"
#include "engine/communication/communication.h"

namespace ppl {

// Cuts the gradient arena into contiguous buckets of about `bytes`. The all-reduce of a bucket starts as soon as its
// last gradient is complete. That order follows from the order of backward(), so it is the same on every rank.
class GradientBuckets {
 public:
  GradientBuckets(const Arena&, Communication&, Wire, int64_t bytes);
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  // To be called before the last backward() of a step: buckets are sent as it completes them.
  void begin();
  // Sends the buckets that are left (their parameters got no gradient) and waits for all of them.
  void finish();

 private:
  struct Bucket {
    size_t first_slice, slices;
    int64_t begin, end;   // elements of the arena
    int64_t to_come = 0;  // gradients that are not complete yet
    bool needed = false;  // a parameter in it is trained in this step
  };
  void complete(const Tensor& parameter);
  void send(const Bucket&);

  const Arena& arena_;
  Communication& communication_;
  Wire wire_;
  std::vector<Bucket> buckets_;
};

}  // namespace ppl
