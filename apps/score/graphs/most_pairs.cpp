#include "apps/score/graphs/most_pairs.h"

namespace ppl::score {
namespace {

constexpr size_t kNobody = SIZE_MAX;

// Finds partners one after the other: breadth first along those who would have to move on, until one can.
class Matching {
 public:
  Matching(const std::vector<std::vector<int>>& near, size_t others)
      : near_(near), owner_(others, kNobody), asked_by_(others), round_(others), partner_(near.size(), kNobody) {}

  bool place(size_t one) {
    ++now_;
    queue_.assign(1, one);
    for (size_t i = 0; i < queue_.size(); ++i) {
      for (const int other : near_[queue_[i]]) {
        const auto o = static_cast<size_t>(other);
        if (round_[o] == now_) continue;
        round_[o] = now_;
        asked_by_[o] = queue_[i];
        if (owner_[o] == kNobody) {
          move_on(o, one);
          return true;
        }
        queue_.push_back(owner_[o]);
      }
    }
    return false;
  }

 private:
  // `free` goes to who asked for it, whose partner goes to who asked for that, up to `one`, who had none.
  void move_on(size_t free, size_t one) {
    for (size_t other = free;;) {
      const size_t asking = asked_by_[other], before = partner_[asking];
      owner_[other] = asking;
      partner_[asking] = other;
      if (asking == one) return;
      other = before;
    }
  }

  const std::vector<std::vector<int>>& near_;
  std::vector<size_t> owner_, asked_by_, round_;  // of each other one
  std::vector<size_t> partner_, queue_;
  size_t now_ = 0;
};

}  // namespace

int64_t most_pairs(const std::vector<std::vector<int>>& near, size_t others) {
  Matching matching(near, others);
  int64_t pairs = 0;
  for (size_t one = 0; one < near.size(); ++one) pairs += matching.place(one);
  return pairs;
}

}  // namespace ppl::score
