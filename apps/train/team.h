// Helpers for programs that run as several ranks: if one rank fails, every rank ends and one of them prints the reason.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "engine/communication/communication.h"

namespace ppl::apps {

// True on the rank that writes files and log lines: rank 0.
inline bool writes(const Communication& c) { return c.rank() == 0; }

// Returns when every rank has called it.
inline void barrier(Communication& c) {
  double nothing = 0;
  c.all_reduce({&nothing, 1});
}

// Every rank must call it, and every rank throws. The one with `speaks` first prints the reason; the others wait for
// that, because mpirun kills all ranks as soon as one exits.
[[noreturn]] inline void fail(Communication& c, bool speaks, const std::string& what) {
  if (c.ranks() == 1) throw Error(what);
  if (speaks) log_error("train: " + one_line(what));
  barrier(c);
  throw AlreadyReported(what);
}

// Runs work that can fail on one rank alone, such as opening files. If it throws on any rank, all ranks throw, and the
// lowest rank that failed prints its reason.
template <class Work>
void on_all_ranks(Communication& c, Work&& work) {
  if (c.ranks() == 1) return work();
  const auto agree = [&](bool failed) {
    double first = failed ? c.rank() : c.ranks();
    std::vector<double> all(static_cast<size_t>(c.ranks()));
    c.all_gather({&first, 1}, all);
    return static_cast<int>(*std::min_element(all.begin(), all.end()));
  };
  std::string what;
  bool failed = false;
  try {
    work();
  } catch (const std::exception& e) {
    failed = true;
    what = e.what();
  }
  const int first = agree(failed);
  if (first < c.ranks()) fail(c, first == c.rank(), what);
}

}  // namespace ppl::apps
