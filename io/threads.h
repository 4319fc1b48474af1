// Doing independent pieces of work on several threads. OpenMP stays with the kernels.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/threads.h"

namespace ppl {

// body(i) for each i of [0, n), in no particular order. After an exception no new piece is begun; the first is
// rethrown.
template <class Body>
void for_each_index(int64_t n, int threads, Body&& body) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto run = [&] {
    for (int64_t i; (i = next++) < n;) {
      try {
        body(i);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        next = n;
      }
    }
  };
  std::vector<std::jthread> others;
  for (int t = 1; t < threads && t < n; ++t) others.emplace_back(run);
  run();
  others.clear();
  if (error) std::rethrow_exception(error);
}

}  // namespace ppl
