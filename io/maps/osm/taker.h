// From the readers that go through an OSM file once for each kind of object to the collector.
#pragma once

#include <unordered_map>
#include <vector>

#include "io/maps/osm/collector.h"

namespace ppl {

struct OsmState {
  int64_t version = 0;  // 0 where the file does not say
  bool deleted = false;
};

// First all relations, then all ways, then all nodes. What is deleted is left out; the same version twice counts once.
// Error where an object comes in several versions: which of them is meant is not for us to say.
class OsmTaker {
 public:
  OsmTaker(OsmCollector& collector, SourceReport& report) : collector_(collector), report_(report) {}

  void take(const OsmRelation&, OsmState);
  void take(const OsmWay&, OsmState);
  void take_member(const OsmWay&);  // of a relation that says the member's places itself; may come again
  void take(int64_t node, OsmPlace, OsmState);
  void end_of_kind();

 private:
  // Whether to go on with the object: compared with the one before and with those that were of use.
  bool is_new(OsmKind kind, int64_t id, OsmState);
  void remember(int64_t id, OsmState state) { seen_.emplace(id, state.version); }
  void take_nodes();

  OsmCollector& collector_;
  SourceReport& report_;
  int64_t last_id_ = 0, last_version_ = -1;    // of the object before
  std::unordered_map<int64_t, int64_t> seen_;  // versions of objects of this kind that are of use, by id
  std::vector<int64_t> ids_;
  std::vector<OsmPlace> places_;
  std::vector<FoundNode> found_;
};

}  // namespace ppl
