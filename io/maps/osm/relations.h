// Multipolygon relations of an OSM file, assembled to areas by libosmium.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/geometry/box.h"
#include "io/maps/features.h"
#include "io/maps/osm/object.h"

namespace ppl {

// Takes all relations, then the ways that are members of them, then gives their areas.
class OsmRelations {
 public:
  OsmRelations();
  ~OsmRelations();

  void add(const OsmRelation&, const FeatureTraits&);
  void end_of_relations();
  // Of any of the relations; of the outer rings of one.
  bool is_member(int64_t way) const;
  bool is_outline(int64_t way) const;
  void add_way(int64_t way, std::span<const int64_t> nodes);
  // Appends the nodes of all members.
  void node_ids(std::vector<int64_t>& to) const;

  struct Areas {
    std::function<void(const FeatureTraits&, const std::vector<Line>& rings)> take;  // polygons with their holes
    std::function<void()> incomplete, broken;  // a relation that lacks members or nodes; that does not assemble
  };
  void assemble(const std::function<OsmPlace(int64_t node)>& place_of, const Areas&);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ppl
