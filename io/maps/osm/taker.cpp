#include "io/maps/osm/taker.h"

#include <algorithm>

#include "kernels/base.h"

namespace ppl {
namespace {

constexpr size_t kNodesAtOnce = 4096;

[[noreturn]] void refuse_versions(const char* kind, int64_t id) {
  throw Error(cat("holds several versions of ", kind, " ", id,
                  " (a history, or changes that follow one another); make a map of them first: osmium time-filter IN ",
                  "-o OUT.osm.pbf, osmium merge-changes --simplify, or osmium apply-changes"));
}

}  // namespace

bool OsmTaker::is_new(OsmKind kind, int64_t id, OsmState state) {
  static const char* const kNames[] = {"node", "way", "relation"};
  const char* const name = kNames[static_cast<size_t>(kind)];
  const bool again = last_version_ >= 0 && id == last_id_;
  if (again && last_version_ != state.version) refuse_versions(name, id);
  last_id_ = id;
  last_version_ = state.version;
  const auto seen = seen_.find(id);
  if (seen == seen_.end()) return !again;
  if (seen->second != state.version) refuse_versions(name, id);
  return false;
}

void OsmTaker::take(const OsmRelation& relation, OsmState state) {
  ++report_.seen;
  if (!is_new(OsmKind::relation, relation.id, state)) return;
  if (state.deleted) {
    remember(relation.id, state);
  } else if (auto found = collector_.find(relation)) {
    remember(relation.id, state);
    collector_.take(*found);
  }
}

void OsmTaker::take(const OsmWay& way, OsmState state) {
  collector_.begin_ways();
  ++report_.seen;
  if (!is_new(OsmKind::way, way.id, state)) return;
  if (state.deleted) {
    remember(way.id, state);
    return;
  }
  ++report_.ways;
  if (!collector_.may_find(way.id, way.tags)) return;
  if (auto found = collector_.find(way)) {
    remember(way.id, state);
    collector_.take(*found);
  }
}

void OsmTaker::take_member(const OsmWay& way) {
  collector_.begin_ways();
  if (!collector_.may_find(way.id, {})) return;
  if (auto found = collector_.find(way)) collector_.take(*found);
}

void OsmTaker::take(int64_t node, OsmPlace place, OsmState state) {
  collector_.begin_nodes();
  ++report_.seen;
  if (!is_new(OsmKind::node, node, state) || state.deleted) return;
  ids_.push_back(node);
  places_.push_back(place);
  if (ids_.size() == kNodesAtOnce) take_nodes();
}

void OsmTaker::take_nodes() {
  report_.nodes += static_cast<int64_t>(ids_.size());
  found_.clear();
  collector_.find(ids_, places_, found_);
  for (const FoundNode& node : found_) {
    if (!collector_.take(node)) refuse_versions("node", collector_.node_id(node));
  }
  ids_.clear(), places_.clear();
}

void OsmTaker::end_of_kind() {
  if (!ids_.empty()) take_nodes();
  last_version_ = -1;
  seen_.clear();
}

}  // namespace ppl
