#include "apps/score/masks/probability_pairs.h"

#include "io/threads.h"

namespace ppl::score {
namespace {

constexpr double kAny = 0.5;  // a threshold says that predictions are probabilities

}  // namespace

ProbabilityPairs::ProbabilityPairs(const IouOptions& options)
    : options_(options), reader_(options, {1, options.foreground}, {}, kAny) {
  if (!options.skip_missing) require_complete(reader_.matched());
}

void ProbabilityPairs::visit(const Visit& visit) const {
  MaskCensus truths;
  for_each_index(static_cast<int64_t>(size()), available_threads(), [&](int64_t i) {
    const MaskPair& pair = reader_.matched().pairs[static_cast<size_t>(i)];
    const Image truth = reader_.truth(pair, truths);
    const Probabilities probability = reader_.probabilities(pair);
    check_alike(pair, {0, 0, truth.height, truth.width}, {0, 0, probability.height, probability.width});
    visit(static_cast<size_t>(i), truth, probability);
  });
  truths.check(options_.truth);
}

}  // namespace ppl::score
