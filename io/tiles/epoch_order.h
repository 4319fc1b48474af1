// Which tiles an epoch has, and in which order: a function of the seed and the epoch alone.
#pragma once

#include <cstdint>
#include <vector>

namespace ppl {

struct SourceShare {
  int64_t tiles = 0;
  double weight = 1;  // its share of an epoch's tiles is its weight over the sum of all
};

struct Draw {
  int64_t index;  // the sources' tiles counted one source after the other
  int64_t pass;   // through its source; (index, pass) never comes twice
};

class EpochOrder {
 public:
  EpochOrder() = default;
  // Every tile once an epoch.
  EpochOrder(int64_t tiles, bool shuffle, uint64_t seed);
  // per_epoch tiles an epoch, drawn from the sources in proportion to their weights (whole numbers by largest
  // remainder); each source is gone through without repeats before it begins again, over the bounds of epochs too.
  // Error where a source would give no tile.
  EpochOrder(const std::vector<SourceShare>&, int64_t per_epoch, uint64_t seed);

  int64_t size() const { return size_; }  // tiles an epoch
  std::vector<Draw> draw(int64_t epoch) const;

 private:
  struct Source {
    int64_t start, tiles, per_epoch;
  };
  uint64_t seed_ = 0;
  bool shuffle_ = false;
  int64_t size_ = 0;
  std::vector<Source> sources_;  // empty: every tile once
};

}  // namespace ppl
