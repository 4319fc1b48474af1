#include "engine/communication/communication.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace ppl {
namespace {

class OneProcess : public Communication {
 public:
  int rank() const override { return 0; }
  int ranks() const override { return 1; }
  int local_rank() const override { return 0; }
  void all_gather(std::span<const double> mine, std::span<double> all) override {
    std::copy(mine.begin(), mine.end(), all.begin());
  }
  void broadcast(std::span<float>) override {}
  void begin_all_reduce(Device, float*, int64_t, Wire) override {}
  void wait() override {}
  double take_busy_seconds() override { return 0; }
  int64_t begin_barrier() override { return 0; }
  bool barrier_passed(int64_t) override { return true; }
  [[noreturn]] void abort(int exit_code) override { std::exit(exit_code); }
};

}  // namespace

void Communication::all_reduce(std::span<double> values) {
  if (ranks() == 1) return;
  std::vector<double> all(values.size() * static_cast<size_t>(ranks()));
  all_gather(values, all);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = 0;
    for (size_t at = i; at < all.size(); at += values.size()) values[i] += all[at];
  }
}

std::unique_ptr<Communication> one_process() { return std::make_unique<OneProcess>(); }

}  // namespace ppl
