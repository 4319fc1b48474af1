// Roads and buildings out of the objects of an OSM file, keeping of its nodes only those that are drawn.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/maps/osm/object.h"
#include "io/maps/osm/relations.h"
#include "io/maps/source.h"

namespace ppl {

// What is of use of a relation (a multipolygon that is asked for), a way and a node. Roles stay the reader's.
struct FoundRelation {
  int64_t id;
  FeatureTraits traits;
  std::vector<OsmMember> members;
};
struct FoundWay {
  int64_t id = 0;
  FeatureTraits traits;
  bool drawn = false;   // by itself
  bool member = false;  // of a relation that is kept
  bool broken = false;  // an outline that does not close
  bool nodeless = false;
  std::vector<int64_t> nodes;
  std::vector<OsmPlace> places;  // of them, where the way says them
};
struct FoundNode {
  size_t number;  // among those that are used
  OsmPlace place;
};

// First all relations, then all ways, then all nodes: find() says what is of use of an object, to several threads at
// once; take() keeps it; finish() adds the features to the layer. While it collects, a node that is used takes 16 bytes
// and each reference to it 8.
class OsmCollector {
 public:
  OsmCollector(const MapRequest& request, FeatureLayer& layer, SourceReport& report)
      : request_(request), layer_(layer), report_(report) {}

  std::optional<FoundRelation> find(const OsmRelation&) const;
  void take(const FoundRelation&);

  void begin_ways();  // before find() of the first way; may be called again
  // Whether there is any use in the way's nodes.
  bool may_find(int64_t way, OsmTags) const;
  std::optional<FoundWay> find(const OsmWay&) const;
  void take(const FoundWay&);
  // Ways of a later batch are drawn before those of an earlier one.
  void begin_batch() { batches_.emplace_front(); }

  void begin_nodes();  // before find() of the first node; may be called again
  // Appends what is found; quickest for ids that rise.
  void find(std::span<const int64_t> ids, std::span<const OsmPlace> places, std::vector<FoundNode>& to) const;
  int64_t node_id(const FoundNode& node) const { return node_ids_[node.number]; }
  // False where another place of the node is known already.
  bool take(const FoundNode& node) {
    OsmPlace& place = places_[node.number];
    const bool same = !place.valid() || (place.x == node.place.x && place.y == node.place.y);
    place = node.place;
    return same;
  }

  // False where a relation came after the ways began, or a way after the nodes, that would have been kept.
  bool in_order() const { return in_order_; }
  void finish();

 private:
  struct Entry {
    size_t end;  // of its references in Batch::nodes
    float width;
    uint16_t kind;
    uint8_t lanes;
    bool area;
  };
  struct Batch {
    std::deque<Entry> ways;
    std::deque<int64_t> nodes;
  };

  enum class Stage { relations, ways, nodes };
  const char* key() const {
    return !request_.key.empty() ? request_.key.c_str() : request_.theme == MapTheme::roads ? "highway" : "building";
  }
  std::optional<FeatureTraits> traits_of(OsmTags tags) const;
  OsmPlace place_of(int64_t node);
  void add_ways(const Batch& batch);
  void add_relations();
  uint16_t number_of(const std::string& kind);

  const MapRequest& request_;
  FeatureLayer& layer_;
  SourceReport& report_;
  Stage stage_ = Stage::relations;
  bool in_order_ = true;

  OsmRelations relations_;
  std::deque<Batch> batches_;
  std::vector<std::string> kinds_;
  std::unordered_map<std::string, uint16_t> kind_numbers_;

  std::vector<std::pair<int64_t, OsmPlace>> told_;  // places of nodes that ways say
  std::vector<int64_t> node_ids_;                   // that are used; sorted
  std::vector<OsmPlace> places_;                    // of these
  size_t at_ = 0;                                   // of node_ids_: where place_of() was last
};

}  // namespace ppl
