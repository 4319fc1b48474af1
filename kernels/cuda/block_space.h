// Places for blocks in a range of addresses: which are taken, which are free, and how long the range has to be.
#pragma once

#include <cstddef>
#include <map>

namespace ppl {

// A block goes into the smallest gap that holds it, else behind the last block; gaps side by side become one. The same
// calls in the same order give the same places.
class BlockSpace {
 public:
  // The place of a new block: a multiple of 256.
  size_t take(size_t bytes) {
    const size_t size = (bytes + kUnit - 1) / kUnit * kUnit;
    auto best = gaps_.end();
    for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap)
      if (gap->second >= size && (best == gaps_.end() || gap->second < best->second)) best = gap;
    size_t place = end_;
    if (best != gaps_.end()) {
      place = best->first;
      if (best->second > size) gaps_[place + size] = best->second - size;
      gaps_.erase(best);
    } else if (!gaps_.empty() && gaps_.rbegin()->first + gaps_.rbegin()->second == end_) {
      place = gaps_.rbegin()->first;  // the gap at the end grows
      gaps_.erase(place);
    }
    if (place + size > end_) end_ = place + size;
    taken_[place] = size;
    return place;
  }

  // False where no block was taken there.
  bool give(size_t place) {
    const auto block = taken_.find(place);
    if (block == taken_.end()) return false;
    auto gap = gaps_.emplace(place, block->second).first;
    taken_.erase(block);
    if (const auto next = std::next(gap); next != gaps_.end() && gap->first + gap->second == next->first) {
      gap->second += next->second;
      gaps_.erase(next);
    }
    if (gap != gaps_.begin()) {
      const auto before = std::prev(gap);
      if (before->first + before->second == gap->first) {
        before->second += gap->second;
        gaps_.erase(gap);
      }
    }
    return true;
  }

  size_t end() const { return end_; }  // bytes that all blocks together have needed up to now
  bool empty() const { return taken_.empty(); }

 private:
  static constexpr size_t kUnit = 256;
  std::map<size_t, size_t> gaps_, taken_;  // place -> size
  size_t end_ = 0;
};

}  // namespace ppl
