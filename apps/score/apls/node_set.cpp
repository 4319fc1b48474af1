#include "apps/score/apls/node_set.h"

namespace ppl::score {

void NodeSet::append(Bucket& bucket, int member) {
  members_[static_cast<size_t>(member)].next = -1;
  if (bucket.first < 0) {
    bucket.first = member;
  } else {
    members_[static_cast<size_t>(bucket.last)].next = member;
  }
  bucket.last = member;
}

void NodeSet::double_buckets() {
  const std::vector<Bucket> old(std::move(buckets_));
  buckets_.assign(old.size() * 2, {});
  for (const Bucket& bucket : old) {
    for (int m = bucket.first; m >= 0;) {
      const int next = members_[static_cast<size_t>(m)].next;
      append(buckets_[bucket_of(members_[static_cast<size_t>(m)].key)], m);
      m = next;
    }
  }
}

bool NodeSet::insert(int point, Point place) {
  const int32_t key = cell_key(place);
  Bucket& bucket = buckets_[bucket_of(key)];
  int length = 1;
  for (int m = bucket.first; m >= 0; ++length) {
    const Member& member = members_[static_cast<size_t>(m)];
    if (member.key == key && same_place(member.place, place)) return false;
    m = member.next;
  }
  members_.push_back({point, key, place, -1});
  append(bucket, static_cast<int>(members_.size()) - 1);
  if (length >= 9 && buckets_.size() < 64) double_buckets();
  if (++size_ > 0.75 * static_cast<double>(buckets_.size())) double_buckets();
  return true;
}

void NodeSet::erase(int point, Point place) {
  Bucket& bucket = buckets_[bucket_of(cell_key(place))];
  int before = -1;
  for (int m = bucket.first; m >= 0; before = m, m = members_[static_cast<size_t>(m)].next) {
    if (members_[static_cast<size_t>(m)].point != point) continue;
    const int next = members_[static_cast<size_t>(m)].next;
    (before < 0 ? bucket.first : members_[static_cast<size_t>(before)].next) = next;
    if (next < 0) bucket.last = before;
    --size_;
    return;
  }
}

int NodeSet::member_at(Point place) const {
  const int32_t key = cell_key(place);
  int m = buckets_[bucket_of(key)].first;
  for (; m >= 0; m = members_[static_cast<size_t>(m)].next) {
    const Member& member = members_[static_cast<size_t>(m)];
    if (member.key == key && same_place(member.place, place)) break;
  }
  return m;
}

int NodeSet::find(Point place) const {
  const int m = member_at(place);
  return m < 0 ? -1 : members_[static_cast<size_t>(m)].point;
}

NodeSet::Rank NodeSet::rank(Point member) const { return {bucket_of(cell_key(member)), member_at(member)}; }

std::vector<int> NodeSet::in_order() const {
  std::vector<int> order;
  order.reserve(static_cast<size_t>(size_));
  for (const Bucket& bucket : buckets_) {
    for (int m = bucket.first; m >= 0; m = members_[static_cast<size_t>(m)].next) {
      order.push_back(members_[static_cast<size_t>(m)].point);
    }
  }
  return order;
}

}  // namespace ppl::score
