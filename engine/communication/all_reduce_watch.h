// Sees to it that sums on a device come to their end. For engine/communication/communication_nccl.cpp only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/communication/communication.h"
#include "kernels/cuda/stream.h"

namespace ppl {

// A sum on its way.
struct DeviceAllReduce {
  int64_t meeting;                       // of all ranks that have begun it
  CudaEvent begun, ended;                // in its stream
  std::atomic<bool> has_events = false;  // both are set

  explicit DeviceAllReduce(int64_t m) : meeting(m) {}
};

// A thread that looks after sums until they have ended. A rank that does not begin one is `host`'s to find; where all
// have begun it, it must end within the limit.
class AllReduceWatch {
 public:
  // problem: what the library that carries them says went wrong, or nothing. lost: told once, in the thread's name.
  AllReduceWatch(Communication& host, double timeout_seconds, std::function<std::string()> problem,
                 std::function<void(const std::string&)> lost);
  ~AllReduceWatch();
  AllReduceWatch(const AllReduceWatch&) = delete;
  AllReduceWatch& operator=(const AllReduceWatch&) = delete;

  void add(std::shared_ptr<const DeviceAllReduce>);

 private:
  using Clock = std::chrono::steady_clock;
  struct Watched {
    std::shared_ptr<const DeviceAllReduce> sum;
    std::optional<Clock::time_point> met;
  };
  void work();
  std::string look(Watched&, bool& ended) const;  // what is wrong

  Communication& host_;
  const double limit_seconds_;
  const std::function<std::string()> problem_;
  const std::function<void(const std::string&)> lost_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Watched> sums_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ppl
