// A Communication that leaves everything to another one, but sums of values on devices.
#pragma once

#include <cstdlib>

#include "engine/communication/communication.h"

namespace ppl {

class OverHost : public Communication {
 public:
  explicit OverHost(Communication& host) : host_(host) {}

  int rank() const override { return host_.rank(); }
  int ranks() const override { return host_.ranks(); }
  int local_rank() const override { return host_.local_rank(); }
  void gather(std::span<const double> mine, std::span<double> all) override { host_.gather(mine, all); }
  void broadcast(std::span<float> values) override { host_.broadcast(values); }
  int64_t begin_meeting() override { return host_.begin_meeting(); }
  bool has_met(int64_t number) override { return host_.has_met(number); }
  [[noreturn]] void abort(int exit_code) override {
    host_.abort(exit_code);
    std::abort();  // not reached
  }

 protected:
  Communication& host_;
};

}  // namespace ppl
