// Reading, computing and writing at the same time.
#pragma once

#include <thread>

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
    const std::jthread reader([&] {
      try {
        read(to_compute);
        to_compute.close();
      } catch (...) {
        fail();
      }
    });
    const std::jthread writer([&] {
      try {
        while (std::optional<Out> item = to_write.pop()) write(std::move(*item));
      } catch (...) {
        fail();
      }
    });
    try {
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

}  // namespace ppl::apps
