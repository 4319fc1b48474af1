#include "io/vector/osm_collector.h"

#include <algorithm>
#include <string_view>

#include "io/vector/osm_tags.h"

namespace ppl {
namespace {

std::string_view value_of(const osmium::TagList& tags, const char* key) { return tags.get_value_by_key(key, ""); }

bool is_closed(const osmium::Way& way) { return !way.nodes().empty() && way.is_closed(); }

template <class Value>
void sort_unique(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

OsmCollector::OsmCollector(const MapRequest& request, FeatureLayer& layer, SourceReport& report)
    : request_(request), layer_(layer), report_(report) {
  assembling_.create_empty_areas = false;
}

// Nothing where the object is not asked for.
std::optional<FeatureTraits> OsmCollector::traits_of(const osmium::TagList& tags) const {
  const bool roads = request_.theme == MapTheme::roads;
  FeatureTraits traits;
  traits.kind = value_of(tags, roads ? "highway" : "building");
  if (traits.kind.empty() || traits.kind == "no") return {};
  if (!request_.tunnels) {
    const std::string_view tunnel = value_of(tags, "tunnel");
    if (roads && !tunnel.empty() && tunnel != "no") return {};
    if (!roads && value_of(tags, "location") == "underground") return {};
  }
  if (request_.wants_kind && !request_.wants_kind(traits.kind)) return {};
  traits.area = !roads || value_of(tags, "area") == "yes" || value_of(tags, "type") == "multipolygon";
  traits.width = parse_width(value_of(tags, "width")).value_or(0);
  traits.lanes = parse_lanes(value_of(tags, "lanes")).value_or(0);
  return traits;
}

void OsmCollector::relation(const osmium::Relation& relation) {
  if (value_of(relation.tags(), "type") != "multipolygon" || !traits_of(relation.tags())) return;
  if (stage_ != Stage::relations) in_order_ = false;
  for (const osmium::RelationMember& member : relation.members()) {
    if (member.type() != osmium::item_type::way) continue;
    member_ids_.push_back(member.ref());
    if (std::string_view(member.role()) != "inner") outer_ids_.push_back(member.ref());
  }
  relations_.add_item(relation);
  relations_.commit();
}

void OsmCollector::relations_are_read() {
  sort_unique(member_ids_);
  sort_unique(outer_ids_);
  stage_ = Stage::ways;
}

void OsmCollector::way(const osmium::Way& way) {
  if (stage_ == Stage::relations) relations_are_read();
  ++report_.ways;
  const bool member = std::binary_search(member_ids_.begin(), member_ids_.end(), way.id());
  if (member) {
    member_places_.emplace_back(way.id(), members_.committed());
    members_.add_item(way);
    members_.commit();
  }
  FeatureTraits traits;
  const bool wanted = is_wanted_way(way, traits);
  if (wanted) keep(way, traits);
  if (stage_ == Stage::nodes && (member || wanted)) in_order_ = false;
}

bool OsmCollector::is_wanted_way(const osmium::Way& way, FeatureTraits& traits) {
  std::optional<FeatureTraits> found = way.visible() ? traits_of(way.tags()) : std::nullopt;
  if (!found) return false;
  traits = std::move(*found);
  // An outline is drawn with its relation, which knows the holes.
  const bool outline = std::binary_search(outer_ids_.begin(), outer_ids_.end(), way.id());
  if (is_closed(way)) return !(traits.area && outline);
  if (request_.theme == MapTheme::buildings) {
    report_.broken_areas += !outline;
    return false;
  }
  traits.area = false;
  return true;
}

void OsmCollector::keep(const osmium::Way& way, const FeatureTraits& traits) {
  if (batches_.empty()) begin_batch();
  Batch& batch = batches_.front();
  for (const osmium::NodeRef& node : way.nodes()) batch.nodes.push_back(node.ref());
  batch.ways.push_back({batch.nodes.size(), static_cast<float>(traits.width), number_of(traits.kind),
                        static_cast<uint8_t>(traits.lanes), traits.area});
}

uint16_t OsmCollector::number_of(const std::string& kind) {
  // As many as a layer tells apart.
  const bool known = kind_numbers_.contains(kind) || kinds_.size() < 65000;
  const auto [entry, fresh] = kind_numbers_.try_emplace(known ? kind : "", static_cast<uint16_t>(kinds_.size()));
  if (fresh) kinds_.push_back(entry->first);
  return entry->second;
}

void OsmCollector::ways_are_read() {
  if (stage_ == Stage::relations) relations_are_read();
  for (const Batch& batch : batches_) node_ids_.insert(node_ids_.end(), batch.nodes.begin(), batch.nodes.end());
  for (const osmium::Way& way : members_.select<osmium::Way>()) {
    for (const osmium::NodeRef& node : way.nodes()) node_ids_.push_back(node.ref());
  }
  sort_unique(node_ids_);
  node_ids_.shrink_to_fit();
  locations_.resize(node_ids_.size());
  stage_ = Stage::nodes;
}

void OsmCollector::node(Id id, osmium::Location location) {
  if (stage_ != Stage::nodes) ways_are_read();
  ++report_.nodes;
  // Most files are sorted: the place goes forward.
  if (id < last_node_) {
    at_ = static_cast<size_t>(std::lower_bound(node_ids_.begin(), node_ids_.end(), id) - node_ids_.begin());
  }
  last_node_ = id;
  while (at_ < node_ids_.size() && node_ids_[at_] < id) ++at_;
  if (at_ < node_ids_.size() && node_ids_[at_] == id) locations_[at_] = location;
}

// Not valid where the file lacks the node.
osmium::Location OsmCollector::location_of(Id node) {
  if (at_ + 1 < node_ids_.size() && node_ids_[at_ + 1] == node) {  // neighbours of a way often are so in the file
    ++at_;
  } else {
    at_ = static_cast<size_t>(std::lower_bound(node_ids_.begin(), node_ids_.end(), node) - node_ids_.begin());
  }
  return locations_[at_];
}

void OsmCollector::finish() {
  if (stage_ != Stage::nodes) ways_are_read();
  for (; !batches_.empty(); batches_.pop_front()) add_ways(batches_.front());
  std::sort(member_places_.begin(), member_places_.end());
  for (osmium::Way& way : members_.select<osmium::Way>()) {
    for (osmium::NodeRef& node : way.nodes()) node.set_location(location_of(node.ref()));
  }
  for (const osmium::Relation& relation : relations_.select<osmium::Relation>()) add_relation(relation);
}

void OsmCollector::add_ways(const Batch& batch) {
  size_t begin = 0;
  std::vector<Line> parts;
  for (const Entry& way : batch.ways) {
    parts.assign(1, {});
    int64_t missing = 0;
    for (size_t i = begin; i < way.end; ++i) {
      const osmium::Location place = location_of(batch.nodes[i]);
      if (place.valid()) {
        parts.back().push_back({place.lon_without_check(), place.lat_without_check()});
      } else {
        ++missing;
        if (!parts.back().empty()) parts.emplace_back();
      }
    }
    begin = way.end;
    report_.missing_nodes += missing;
    if (missing > 0 && way.area) {
      ++report_.incomplete_areas;
      continue;
    }
    report_.cut_ways += missing > 0;
    layer_.add({kinds_[way.kind], way.width, way.lanes, way.area}, parts);
  }
}

void OsmCollector::add_relation(const osmium::Relation& relation) {
  std::vector<const osmium::Way*> ways;
  for (const osmium::RelationMember& member : relation.members()) {
    if (member.type() != osmium::item_type::way) continue;
    const auto place =
        std::lower_bound(member_places_.begin(), member_places_.end(), std::pair<Id, size_t>{member.ref(), 0});
    if (place == member_places_.end() || place->first != member.ref()) {
      ++report_.incomplete_areas;
      return;
    }
    ways.push_back(&members_.get<osmium::Way>(place->second));
  }
  if (ways.empty()) {
    ++report_.incomplete_areas;
    return;
  }
  osmium::memory::Buffer buffer{1024, osmium::memory::Buffer::auto_grow::yes};
  bool assembled = false;
  try {
    osmium::area::Assembler assembler{assembling_};
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
  const FeatureTraits traits = *traits_of(relation.tags());
  for (const osmium::Area& area : buffer.select<osmium::Area>()) add_area(area, traits);
}

void OsmCollector::add_area(const osmium::Area& area, const FeatureTraits& traits) {
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

}  // namespace ppl
