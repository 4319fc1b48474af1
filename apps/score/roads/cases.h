// Cases with known results: pairs of road tables, and what the reference scorer gave for them.
#pragma once

#include <string>

#include "apps/score/apls/apls.h"

namespace ppl::score {

struct CasesResult {
  std::string text;  // a line a case, then the worst difference of all
  int64_t cases = 0, failed = 0, skipped = 0;
  double worst = 0;  // difference of any score
};

// `expected`: a JSON list of {case, truth, pred, error or images, cities, overall, ambiguous}; files lie beside it.
// A case passes when every score is within 1e-9 and every count is equal, or, with `error`, when it is refused.
// Ambiguous cases are skipped.
CasesResult run_cases(const std::string& expected, AplsMethod method, int threads);

}  // namespace ppl::score
