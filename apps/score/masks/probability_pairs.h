// Truths of one class beside probabilities, for figures over all thresholds.
#pragma once

#include <functional>
#include <vector>

#include "apps/score/masks/iou.h"
#include "apps/score/masks/pair_reader.h"

namespace ppl::score {

class ProbabilityPairs {
 public:
  // Errors of PairReader, and for tiles without a partner unless options.skip_missing. The options outlive this.
  explicit ProbabilityPairs(const IouOptions&);

  size_t size() const { return reader_.matched().pairs.size(); }
  // visit(number, truth, probabilities) for every pair, from several threads. Error where the two differ in size or
  // place, and where the truths mean different things by themselves (MaskCensus).
  using Visit = std::function<void(size_t, const Image&, const Probabilities&)>;
  void visit(const Visit&) const;

 private:
  const IouOptions& options_;
  const PairReader reader_;
};

}  // namespace ppl::score
