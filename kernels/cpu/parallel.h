// Loops over OpenMP threads.
#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

namespace ppl {

// The pieces of one loop. A thread takes those of its own share first (they may still be in its cache), then what the
// others have not begun, so that a thread whose core another process took is helped out.
class LoopPieces {
 public:
  LoopPieces(int64_t count, int threads) : count_(count), threads_(threads) {
    thread_local std::vector<Counter> counters;
    if (counters.size() < static_cast<size_t>(threads)) counters = std::vector<Counter>(static_cast<size_t>(threads));
    next_ = counters.data();
    for (int share = 0; share < threads; ++share) next_[share].value = begin_of(share);
  }

  // work(piece) until all are taken; once from each of the threads 0 to threads - 1.
  template <class Work>
  void run(int thread, Work&& work) {
    for (int i = 0; i < threads_; ++i) {
      const int share = (thread + i) % threads_;
      for (int64_t piece; (piece = next_[share].value.fetch_add(1, std::memory_order_relaxed)) < begin_of(share + 1);)
        work(piece);
    }
  }

 private:
  struct alignas(64) Counter {
    std::atomic<int64_t> value;
  };

  int64_t begin_of(int share) const { return count_ * share / threads_; }

  const int64_t count_;
  const int threads_;
  Counter* next_;  // the first piece of each share that nobody has taken
};

// body(begin, end) on disjoint parts that cover [0, n), each at least grain long; serial where one part is enough.
template <class Body>
void parallel_for(int64_t n, int64_t grain, Body&& body) {
  constexpr int64_t pieces_per_thread = 2;
  const int64_t most = (n + grain - 1) / std::max<int64_t>(1, grain);
  const int threads = static_cast<int>(std::min<int64_t>(omp_get_max_threads(), most));
  if (threads <= 1 || omp_in_parallel()) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
  const int64_t count = std::min(most, threads * pieces_per_thread);
  LoopPieces pieces(count, threads);
#pragma omp parallel num_threads(threads)
  pieces.run(omp_get_thread_num(), [&](int64_t p) { body(n * p / count, n * (p + 1) / count); });
}

}  // namespace ppl
