// Ends the run if an all-reduce on a device does not finish. For engine/communication/communication_nccl.cpp only.
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

// An all-reduce that was started.
struct DeviceAllReduce {
  int64_t barrier;                       // number of the host's barrier that passes once every rank has started it
  CudaEvent begun, ended;                // recorded in its stream before and after it
  std::atomic<bool> has_events = false;  // both events are recorded

  explicit DeviceAllReduce(int64_t b) : barrier(b) {}
};

// A thread that watches every all-reduce until it has finished. Once all ranks have started one, it must finish within
// the timeout. A rank that never starts it is found by `host`, by its missing heartbeat.
class AllReduceWatch {
 public:
  // problem: asks the library that carries the data for an error; empty text means none. lost: called once, from the
  // watching thread, with the reason why an all-reduce failed.
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
    std::optional<Clock::time_point> all_started;  // when the barrier was seen to have passed
  };
  void work();
  std::string look(Watched&, bool& ended) const;  // what is wrong; empty: nothing

  Communication& host_;
  const double timeout_seconds_;
  const std::function<std::string()> problem_;
  const std::function<void(const std::string&)> lost_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Watched> sums_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ppl
