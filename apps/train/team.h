// Several ranks that do the same: where one fails, all end, and one of them says why.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "engine/communication/communication.h"

namespace ppl::apps {

// Rank 0 of several, or the only one: it alone writes files and log lines.
inline bool writes(const Communication& c) { return c.rank() == 0; }

// All wait here for one another.
inline void barrier(Communication& c) {
  double nothing = 0;
  c.all_reduce({&nothing, 1});
}

// All ranks call it and end; the one that speaks says why, before any has ended: mpirun ends them all with the first.
[[noreturn]] inline void fail(Communication& c, bool speaks, const std::string& what) {
  if (c.ranks() == 1) throw Error(what);
  if (speaks) log_error("train: " + one_line(what));
  barrier(c);
  throw AlreadyReported(what);
}

// Work that every rank does for itself, such as opening files. Where it throws on some, the first of them says so
// and all end.
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
