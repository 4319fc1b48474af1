// The nodes of a road graph in the order in which the reference goes through them: that of a chained hash table.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "apps/score/apls/geometry.h"

namespace ppl::score {

// Members are point numbers with their places. Two places are equal here when they share a cell key and are the same
// place; no two members are.
class NodeSet {
 public:
  // Does nothing and returns false where an equal place is a member.
  bool insert(int point, Point place);
  void erase(int point, Point place);
  // The member equal to this place, or -1.
  int find(Point place) const;

  int size() const { return size_; }
  std::vector<int> in_order() const;

  // Where the member with this place stands: members come in the order of their ranks. Inserting changes ranks, but not
  // which of two members in one bucket comes first.
  using Rank = std::pair<uint32_t, int>;
  Rank rank(Point member) const;

 private:
  struct Member {
    int point;
    int32_t key;
    Point place;
    int next;  // in its bucket, or -1
  };
  struct Bucket {
    int first = -1;
    int last = -1;
  };
  uint32_t bucket_of(int32_t key) const {
    const auto bits = static_cast<uint32_t>(key);
    return (bits ^ bits >> 16) & static_cast<uint32_t>(buckets_.size() - 1);
  }
  void append(Bucket& bucket, int member);
  int member_at(Point place) const;  // or -1
  void double_buckets();

  std::vector<Bucket> buckets_ = std::vector<Bucket>(16);
  std::vector<Member> members_;  // also those erased since, which are in no bucket
  int size_ = 0;
};

}  // namespace ppl::score
