// What one thread hands to another, a few pieces ahead at most.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace ppl {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t limit) : limit_(limit) {}

  // Waits for room. Rethrows what fail() was given.
  void push(T item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return items_.size() < limit_ || error_; });
    if (error_) std::rethrow_exception(error_);
    items_.push_back(std::move(item));
    changed_.notify_all();
  }
  // Waits for an item; nothing after the last one of a closed queue. Rethrows what fail() was given.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty() || closed_ || error_; });
    return take();
  }
  // Does not wait: nothing where no item is there now.
  std::optional<T> try_pop() {
    const std::lock_guard lock(mutex_);
    return take();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Ends the waiting on both sides; the first failure stays.
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    changed_.notify_all();
  }

 private:
  std::optional<T> take() {
    if (error_) std::rethrow_exception(error_);
    if (items_.empty()) return {};
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  const size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
  bool closed_ = false;
  std::exception_ptr error_;
};

}  // namespace ppl
