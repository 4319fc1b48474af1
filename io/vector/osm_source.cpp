#include <algorithm>
#include <osmium/area/assembler.hpp>
#include <osmium/handler/node_locations_for_ways.hpp>
#include <osmium/index/map/sparse_mmap_array.hpp>
#include <osmium/io/any_input.hpp>
#include <osmium/relations/relations_manager.hpp>
#include <osmium/visitor.hpp>
#include <string_view>

#include "io/vector/osm_tags.h"
#include "io/vector/source.h"
#include "kernels/base.h"

namespace ppl {
namespace {

using Locations = osmium::index::map::SparseMmapArray<osmium::unsigned_object_id_type, osmium::Location>;

std::string_view value_of(const osmium::TagList& tags, const char* key) { return tags.get_value_by_key(key, ""); }

// Nothing where the object is not asked for.
std::optional<FeatureTraits> traits_of(const osmium::TagList& tags, const MapRequest& request) {
  const bool roads = request.theme == MapTheme::roads;
  FeatureTraits traits;
  traits.kind = value_of(tags, roads ? "highway" : "building");
  if (traits.kind.empty() || traits.kind == "no") return {};
  if (!request.tunnels) {
    const std::string_view tunnel = value_of(tags, "tunnel");
    if (roads && !tunnel.empty() && tunnel != "no") return {};
    if (!roads && value_of(tags, "location") == "underground") return {};
  }
  if (request.wants_kind && !request.wants_kind(traits.kind)) return {};
  traits.area = !roads || value_of(tags, "area") == "yes" || value_of(tags, "type") == "multipolygon";
  traits.width = parse_width(value_of(tags, "width")).value_or(0);
  traits.lanes = parse_lanes(value_of(tags, "lanes")).value_or(0);
  return traits;
}

// Multipolygon relations with tags that are asked for.
class Areas : public osmium::relations::RelationsManager<Areas, false, true, false, false> {
 public:
  Areas(const MapRequest& request, FeatureLayer& layer, SourceReport& report)
      : request_(request), layer_(layer), report_(report) {
    config_.create_empty_areas = false;
  }

  bool new_relation(const osmium::Relation& relation) {
    if (value_of(relation.tags(), "type") != "multipolygon" || !traits_of(relation.tags(), request_)) return false;
    for (const osmium::RelationMember& member : relation.members()) {
      if (member.type() != osmium::item_type::way || std::string_view(member.role()) == "inner") continue;
      outer_ways_.push_back(member.ref());
    }
    return true;
  }

  void complete_relation(const osmium::Relation& relation) {
    std::vector<const osmium::Way*> ways;
    for (const osmium::RelationMember& member : relation.members()) {
      if (member.ref() != 0) ways.push_back(get_member_way(member.ref()));
    }
    osmium::memory::Buffer buffer{1024, osmium::memory::Buffer::auto_grow::yes};
    bool assembled = false;
    try {
      osmium::area::Assembler assembler{config_};
      assembled = assembler(relation, ways, buffer);
    } catch (const osmium::invalid_location&) {
      ++report_.incomplete_areas;
      return;
    }
    buffer.commit();
    if (!assembled || buffer.select<osmium::Area>().empty()) {
      ++report_.broken_areas;
      return;
    }
    const FeatureTraits traits = *traits_of(relation.tags(), request_);
    for (const osmium::Area& area : buffer.select<osmium::Area>()) add(area, traits);
  }

  void relations_are_read() {
    std::sort(outer_ways_.begin(), outer_ways_.end());
    prepare_for_lookup();
  }
  // Its outline is drawn with the relation, which knows the holes.
  bool is_outer(osmium::object_id_type way) const {
    return std::binary_search(outer_ways_.begin(), outer_ways_.end(), way);
  }
  void count_incomplete() {
    for_each_incomplete_relation([&](const osmium::relations::RelationHandle&) { ++report_.incomplete_areas; });
  }

 private:
  void add(const osmium::Area& area, const FeatureTraits& traits) {
    std::vector<Line> rings;
    const auto add_ring = [&](const osmium::NodeRefList& ring) {
      rings.emplace_back();
      for (const osmium::NodeRef& node : ring) rings.back().push_back({node.lon(), node.lat()});
    };
    for (const osmium::OuterRing& outer : area.outer_rings()) {
      add_ring(outer);
      for (const osmium::InnerRing& inner : area.inner_rings(outer)) add_ring(inner);
    }
    layer_.add(traits, rings);
  }

  const MapRequest& request_;
  FeatureLayer& layer_;
  SourceReport& report_;
  osmium::area::AssemblerConfig config_;
  std::vector<osmium::object_id_type> outer_ways_;
};

class Ways : public osmium::handler::Handler {
 public:
  Ways(const MapRequest& request, const Areas& areas, FeatureLayer& layer, SourceReport& report)
      : request_(request), areas_(areas), layer_(layer), report_(report) {}

  void node(const osmium::Node&) { ++report_.nodes; }

  void way(const osmium::Way& way) {
    ++report_.ways;
    if (!way.visible()) return;
    std::optional<FeatureTraits> traits = traits_of(way.tags(), request_);
    if (!traits) return;
    if (!way.is_closed()) {
      if (request_.theme == MapTheme::buildings) {
        if (!areas_.is_outer(way.id())) ++report_.broken_areas;
        return;
      }
      traits->area = false;
    } else if (traits->area && areas_.is_outer(way.id())) {
      return;
    }
    add(way, *traits);
  }

 private:
  void add(const osmium::Way& way, const FeatureTraits& traits) {
    std::vector<Line> parts(1);
    int64_t missing = 0;
    for (const osmium::NodeRef& node : way.nodes()) {
      if (node.location().valid()) {
        parts.back().push_back({node.lon(), node.lat()});
      } else {
        ++missing;
        if (!parts.back().empty()) parts.emplace_back();
      }
    }
    report_.missing_nodes += missing;
    if (missing > 0 && traits.area) {
      ++report_.incomplete_areas;
      return;
    }
    report_.cut_ways += missing > 0;
    layer_.add(traits, parts);
  }

  const MapRequest& request_;
  const Areas& areas_;
  FeatureLayer& layer_;
  SourceReport& report_;
};

// The date of the data, or of the file's making, whichever its header has.
std::string date_of(const osmium::io::Header& header) {
  for (const char* key : {"osmosis_replication_timestamp", "timestamp"}) {
    if (!header.get(key).empty()) return header.get(key);
  }
  return "";
}

void read_all(const std::string& path, const MapRequest& request, FeatureLayer& layer, SourceReport& report) {
  using osmium::osm_entity_bits::node, osmium::osm_entity_bits::way, osmium::osm_entity_bits::relation;
  const osmium::io::File file(path);
  Areas areas(request, layer, report);
  {
    osmium::io::Reader reader(file, relation);
    osmium::apply(reader, areas);
    reader.close();
  }
  areas.relations_are_read();
  Locations positive, negative;  // editors give new nodes negative numbers
  osmium::handler::NodeLocationsForWays<Locations, Locations> locations(positive, negative);
  locations.ignore_errors();
  Ways ways(request, areas, layer, report);
  osmium::io::Reader reader(file, node | way);
  report.date = date_of(reader.header());
  osmium::apply(reader, locations, ways, areas.handler());
  reader.close();
  areas.count_incomplete();
}

}  // namespace

bool is_osm_file(const std::string& path) {
  for (const char* ending : {".osm", ".osm.gz", ".osm.bz2", ".pbf"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

SourceReport read_osm(const std::string& path, const MapRequest& request, FeatureLayer& layer) {
  SourceReport report;
  report.path = path;
  report.osm = true;
  const size_t before = layer.size();
  try {
    read_all(path, request, layer, report);
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    throw Error(cat(path, ": cannot read the OSM file: ", e.what()));
  }
  report.features = static_cast<int64_t>(layer.size() - before);
  PPL_CHECK(report.nodes + report.ways > 0, path, ": holds no OSM objects");
  return report;
}

}  // namespace ppl
