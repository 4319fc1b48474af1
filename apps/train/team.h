// Several ranks that do the same: where one fails, all end, and one of them says why.
#pragma once

#include <algorithm>
#include <vector>

#include "apps/common/app.h"
#include "engine/communication.h"

namespace ppl::apps {

// Rank 0 of several, or the only one: it alone writes files and log lines.
inline bool writes(const Communication& c) { return c.rank() == 0; }

// All wait here for one another.
inline void meet(Communication& c) {
  double nothing = 0;
  c.sum({&nothing, 1});
}

// Every rank ends with this or with ToldElsewhere.
struct FailedTogether : Error {
  using Error::Error;
};

// Work that every rank does for itself, such as opening files. Where it throws on some, the first of them throws
// FailedTogether with its message and the others ToldElsewhere.
template <class Work>
void together(Communication& c, Work&& work) {
  if (c.ranks() == 1) return work();
  const auto agree = [&](bool failed) {
    double first = failed ? c.rank() : c.ranks();
    std::vector<double> all(static_cast<size_t>(c.ranks()));
    c.gather({&first, 1}, all);
    return static_cast<int>(*std::min_element(all.begin(), all.end()));
  };
  try {
    work();
  } catch (const std::exception& e) {
    if (agree(true) == c.rank()) throw FailedTogether(e.what());
    throw ToldElsewhere("another rank failed");
  }
  if (agree(false) < c.ranks()) throw ToldElsewhere("another rank failed");
}

}  // namespace ppl::apps
