// Roads and buildings out of the objects of an OSM file, keeping of its nodes only those that are drawn.
#pragma once

#include <deque>
#include <optional>
#include <osmium/area/assembler.hpp>
#include <osmium/memory/buffer.hpp>
#include <osmium/osm/relation.hpp>
#include <osmium/osm/way.hpp>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "io/vector/source.h"

namespace ppl {

// Takes all relations, then all ways, then all nodes; finish() adds the features to the layer. While it collects, a
// node that is used takes 16 bytes and each reference to it 8.
class OsmCollector {
 public:
  OsmCollector(const MapRequest& request, FeatureLayer& layer, SourceReport& report);

  // Multipolygons with tags that are asked for are kept.
  void relation(const osmium::Relation& relation);
  // Kept where it is asked for, or a multipolygon that is.
  void way(const osmium::Way& way);
  void node(osmium::object_id_type id, osmium::Location location);
  // False where a relation came after a way, or a way after a node, that would have been kept.
  bool in_order() const { return in_order_; }
  // Ways of a later batch are drawn before those of an earlier one.
  void begin_batch() { batches_.emplace_front(); }
  void finish();

 private:
  using Id = osmium::object_id_type;
  struct Entry {
    size_t end;  // of its references in Batch::nodes
    float width;
    uint16_t kind;
    uint8_t lanes;
    bool area;
  };
  struct Batch {
    std::deque<Entry> ways;
    std::deque<Id> nodes;
  };

  enum class Stage { relations, ways, nodes };
  void relations_are_read();
  void ways_are_read();
  std::optional<FeatureTraits> traits_of(const osmium::TagList& tags) const;
  bool is_wanted_way(const osmium::Way& way, FeatureTraits& traits);
  void keep(const osmium::Way& way, const FeatureTraits& traits);
  osmium::Location location_of(Id node);
  void add_ways(const Batch& batch);
  void add_relation(const osmium::Relation& relation);
  void add_area(const osmium::Area& area, const FeatureTraits& traits);
  uint16_t number_of(const std::string& kind);

  const MapRequest& request_;
  FeatureLayer& layer_;
  SourceReport& report_;
  Stage stage_ = Stage::relations;
  bool in_order_ = true;

  osmium::memory::Buffer relations_{1024, osmium::memory::Buffer::auto_grow::yes};
  osmium::memory::Buffer members_{1024, osmium::memory::Buffer::auto_grow::yes};  // ways of relations_
  std::vector<Id> member_ids_, outer_ids_;                                        // sorted
  std::vector<std::pair<Id, size_t>> member_places_;                              // of members_, sorted
  osmium::area::AssemblerConfig assembling_;

  std::deque<Batch> batches_;
  std::vector<std::string> kinds_;
  std::unordered_map<std::string, uint16_t> kind_numbers_;

  std::vector<Id> node_ids_;  // that are used; sorted
  std::vector<osmium::Location> locations_;
  size_t at_ = 0;  // of node_ids_: where the last one was
  Id last_node_ = 0;
};

}  // namespace ppl
