// How an all-reduce is split: each rank adds up one part of the values and sends the sums to all.
#pragma once

#include <cstdint>

namespace ppl {

// Parts begin at multiples of 8 values, so that kernels can read 16 bytes at a time.
struct SumParts {
  int64_t n;
  int ranks;

  SumParts(int64_t values, int of) : n(values), ranks(of) {}
  int64_t begin(int rank) const { return rank == ranks ? n : n * rank / ranks / 8 * 8; }
  int64_t size(int rank) const { return begin(rank + 1) - begin(rank); }
};

}  // namespace ppl
