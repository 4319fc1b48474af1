// Reading, computing and writing at the same time.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "io/bounded_queue.h"

namespace ppl::apps {

// read(queue) and write(item) run on threads of their own, compute(read queue, write queue) here. `limit` pieces wait
// between them at most. An exception of any of the three ends the others and is rethrown; on_failure() is called then,
// for a `read` that waits for something else than room in its queue.
template <class In, class Out, class Read, class Compute, class Write, class OnFailure>
void run_pipeline(size_t limit, Read&& read, Compute&& compute, Write&& write, OnFailure&& on_failure) {
  BoundedQueue<In> to_compute(limit);
  BoundedQueue<Out> to_write(limit);
  const auto fail = [&] {
    to_compute.fail(std::current_exception());
    to_write.fail(std::current_exception());
    on_failure();
  };
  {
    std::jthread reader, writer;
    try {  // a thread may not start; the other one must not wait for it
      reader = std::jthread([&] {
        try {
          read(to_compute);
          to_compute.close();
        } catch (...) {
          fail();
        }
      });
      writer = std::jthread([&] {
        try {
          while (std::optional<Out> item = to_write.pop()) write(std::move(*item));
        } catch (...) {
          fail();
        }
      });
      compute(to_compute, to_write);
      to_write.close();
    } catch (...) {
      fail();
    }
  }
  to_write.close();
  while (to_write.pop()) {
  }  // rethrows, if something failed
}

// Batches that were begun and are not finished, in their order.
template <class Batch>
class UnderWay {
 public:
  // finish(batch) waits for its result. `ahead` may be left unfinished while another is begun.
  UnderWay(size_t ahead, std::function<void(Batch)> finish) : ahead_(ahead), finish_(std::move(finish)) {}

  // What was begun just now; finishes older ones.
  void add(Batch batch) {
    batches_.push_back(std::move(batch));
    while (batches_.size() > ahead_) finish_oldest();
  }
  // The queue's next item. While none is there finishes what is under way, since the next item may depend on that: on
  // the end of the last block, say. So nothing is under way when the queue has ended.
  template <class Item>
  std::optional<Item> next(BoundedQueue<Item>& queue) {
    while (!batches_.empty()) {
      if (std::optional<Item> item = queue.try_pop()) return item;
      finish_oldest();
    }
    return queue.pop();
  }

  void finish_all() {
    while (!batches_.empty()) finish_oldest();
  }

 private:
  void finish_oldest() {
    Batch oldest = std::move(batches_.front());
    batches_.pop_front();
    finish_(std::move(oldest));
  }

  const size_t ahead_;
  const std::function<void(Batch)> finish_;
  std::deque<Batch> batches_;
};

}  // namespace ppl::apps
