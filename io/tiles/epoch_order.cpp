#include "io/tiles/epoch_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/random.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr uint64_t kStream = 0x73687566;  // keeps these numbers apart from the augmentation's

// Whole numbers that add up to `total`, in proportion to the weights: floors, then one more by largest remainder.
std::vector<int64_t> apportion(const std::vector<SourceShare>& shares, int64_t total) {
  double sum = 0;
  for (const SourceShare& s : shares) sum += s.weight;
  std::vector<int64_t> counts;
  std::vector<std::pair<double, size_t>> remainders;
  for (const SourceShare& s : shares) {
    const double exact = static_cast<double>(total) * (s.weight / sum);
    counts.push_back(static_cast<int64_t>(std::floor(exact)));
    remainders.emplace_back(std::floor(exact) - exact, counts.size() - 1);
  }
  std::sort(remainders.begin(), remainders.end());
  int64_t left = total - std::accumulate(counts.begin(), counts.end(), int64_t{0});
  for (size_t i = 0; left > 0; ++i, --left) ++counts[remainders[i % remainders.size()].second];
  return counts;
}

}  // namespace

EpochOrder::EpochOrder(int64_t tiles, bool shuffle, uint64_t seed) : seed_(seed), shuffle_(shuffle), size_(tiles) {}

EpochOrder::EpochOrder(const std::vector<SourceShare>& shares, int64_t per_epoch, uint64_t seed)
    : seed_(seed), shuffle_(true), size_(per_epoch) {
  PPL_CHECK(!shares.empty() && per_epoch >= 1, "tiles: ", per_epoch, " tiles an epoch from ", shares.size(),
            " sources; expected at least 1 of each");
  for (const SourceShare& s : shares)
    PPL_CHECK(s.tiles >= 1 && s.weight > 0 && std::isfinite(s.weight), "tiles: a source of ", s.tiles,
              " tiles and weight ", s.weight, "; expected more than 0");
  const std::vector<int64_t> counts = apportion(shares, per_epoch);
  int64_t start = 0;
  for (size_t i = 0; i < shares.size(); ++i) {
    PPL_CHECK(counts[i] >= 1, "tiles: source ", i + 1, " of weight ", shares[i].weight, " gives none of ", per_epoch,
              " tiles an epoch");
    sources_.push_back({start, shares[i].tiles, counts[i]});
    start += shares[i].tiles;
  }
}

std::vector<Draw> EpochOrder::draw(int64_t epoch) const {
  std::vector<Draw> draws;
  draws.reserve(static_cast<size_t>(size_));
  if (sources_.empty()) {
    std::vector<int64_t> order(static_cast<size_t>(size_));
    std::iota(order.begin(), order.end(), int64_t{0});
    if (shuffle_) order = Random(seed_, kStream, epoch).permutation(size_);
    for (const int64_t i : order) draws.push_back({i, epoch});
    return draws;
  }
  for (size_t s = 0; s < sources_.size(); ++s) {
    const Source& from = sources_[s];
    int64_t at = epoch * from.per_epoch;
    const int64_t end = at + from.per_epoch;
    while (at < end) {
      const int64_t pass = at / from.tiles, pass_end = std::min(end, (pass + 1) * from.tiles);
      const auto order = Random(seed_, kStream, pass, s + 1).permutation(from.tiles);
      for (; at < pass_end; ++at) draws.push_back({from.start + order[static_cast<size_t>(at % from.tiles)], pass});
    }
  }
  std::vector<Draw> mixed;
  mixed.reserve(draws.size());
  for (const int64_t i : Random(seed_, kStream, epoch, 0).permutation(size_))
    mixed.push_back(draws[static_cast<size_t>(i)]);
  return mixed;
}

}  // namespace ppl
