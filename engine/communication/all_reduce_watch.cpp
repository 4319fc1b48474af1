#include "engine/communication/all_reduce_watch.h"

#include <utility>

#include "kernels/cuda/device.h"

namespace ppl {

AllReduceWatch::AllReduceWatch(Communication& host, double timeout_seconds, std::function<std::string()> problem,
                               std::function<void(const std::string&)> lost)
    : host_(host), timeout_seconds_(timeout_seconds), problem_(std::move(problem)), lost_(std::move(lost)) {
  thread_ = std::thread([this] { work(); });
}

AllReduceWatch::~AllReduceWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void AllReduceWatch::add(std::shared_ptr<const DeviceAllReduce> sum) {
  const std::lock_guard lock(mutex_);
  sums_.push_back({std::move(sum), {}});
  changed_.notify_one();
}

std::string AllReduceWatch::look(Watched& w, bool& ended) const {
  ended = w.sum->has_events && w.sum->ended.query();
  if (ended) return "";
  // Its time begins when all ranks have asked for it and the stream has come to it: backward may take longer.
  const bool reached = !w.sum->has_events || w.sum->begun.query();
  if (!w.all_started && reached && host_.barrier_passed(w.sum->barrier)) w.all_started = Clock::now();
  const auto limit = std::chrono::duration<double>(timeout_seconds_);
  if (w.all_started && Clock::now() - *w.all_started > limit)
    return cat("a sum on the devices has not ended ", timeout_seconds_, " s after all ranks had begun it");
  return problem_();
}

void AllReduceWatch::work() {
  enter_cuda_device();
  constexpr auto kPause = std::chrono::milliseconds(10);
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (sums_.empty()) {
      changed_.wait(lock);
      continue;
    }
    std::string wrong;
    try {
      for (bool ended = true; ended && !sums_.empty() && wrong.empty();) {
        wrong = look(sums_.front(), ended);
        if (ended) sums_.pop_front();
      }
    } catch (const std::exception& e) {
      wrong = e.what();
    }
    if (!wrong.empty()) {
      lock.unlock();
      return lost_(wrong);
    }
    changed_.wait_for(lock, kPause, [this] { return stop_; });
  }
}

}  // namespace ppl
