// Base of a Communication that only does all-reduces on devices itself and forwards everything else to another one.
#pragma once

#include <cstdlib>

#include "engine/communication/communication.h"

namespace ppl {

class ThroughHost : public Communication {
 public:
  explicit ThroughHost(Communication& host) : host_(host) {}

  int rank() const override { return host_.rank(); }
  int ranks() const override { return host_.ranks(); }
  int local_rank() const override { return host_.local_rank(); }
  void all_gather(std::span<const double> mine, std::span<double> all) override { host_.all_gather(mine, all); }
  void broadcast(std::span<float> values) override { host_.broadcast(values); }
  int64_t begin_barrier() override { return host_.begin_barrier(); }
  bool barrier_passed(int64_t number) override { return host_.barrier_passed(number); }
  [[noreturn]] void abort(int exit_code) override {
    host_.abort(exit_code);
    std::abort();  // not reached
  }

 protected:
  Communication& host_;
};

}  // namespace ppl
