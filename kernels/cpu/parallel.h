// Splitting a range over OpenMP threads.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <exception>

namespace ppl {

// body(begin, end) on disjoint parts that cover [0, n), each at least grain long; serial where one part is enough.
template <class Body>
void parallel_for(int64_t n, int64_t grain, Body&& body) {
  const int64_t parts = std::min<int64_t>(omp_get_max_threads(), (n + grain - 1) / std::max<int64_t>(1, grain));
  if (parts <= 1 || omp_in_parallel()) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
#pragma omp parallel for num_threads(static_cast <int>(parts)) schedule(static, 1)
  for (int64_t p = 0; p < parts; ++p) body(n * p / parts, n * (p + 1) / parts);
}

}  // namespace ppl
