#include "io/maps/osm/relations.h"

#include <algorithm>
#include <osmium/area/assembler.hpp>
#include <osmium/builder/osm_object_builder.hpp>
#include <osmium/memory/buffer.hpp>
#include <osmium/osm/relation.hpp>
#include <osmium/osm/way.hpp>

namespace ppl {
namespace {

using osmium::memory::Buffer;

void sort_unique(std::vector<int64_t>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::vector<Line> rings_of(const osmium::Area& area) {
  std::vector<Line> rings;
  const auto add_ring = [&](const osmium::NodeRefList& ring) {
    rings.emplace_back();
    for (const osmium::NodeRef& node : ring) rings.back().push_back({node.lon(), node.lat()});
  };
  for (const osmium::OuterRing& outer : area.outer_rings()) {
    add_ring(outer);
    for (const osmium::InnerRing& inner : area.inner_rings(outer)) add_ring(inner);
  }
  return rings;
}

}  // namespace

struct OsmRelations::Parts {
  Buffer relations{1024, Buffer::auto_grow::yes}, ways{1024, Buffer::auto_grow::yes};
  std::vector<FeatureTraits> traits;               // of the relations
  std::vector<int64_t> members, outer;             // ids of ways; sorted
  std::vector<std::pair<int64_t, size_t>> places;  // of ways, by id; sorted

  enum class Outcome { assembled, incomplete, broken };
  Outcome assemble(const osmium::Relation& relation, Buffer& areas) const;
};

OsmRelations::OsmRelations() : parts_(std::make_unique<Parts>()) {}
OsmRelations::~OsmRelations() = default;

void OsmRelations::add(const OsmRelation& relation, const FeatureTraits& traits) {
  {
    osmium::builder::RelationBuilder builder(parts_->relations);
    builder.set_id(relation.id);
    osmium::builder::RelationMemberListBuilder members(builder);
    for (const OsmMember& member : relation.members) {
      if (member.kind != OsmKind::way) continue;
      members.add_member(osmium::item_type::way, member.id, member.role.data(), member.role.size());
      parts_->members.push_back(member.id);
      if (member.role != "inner") parts_->outer.push_back(member.id);
    }
  }
  parts_->relations.commit();
  parts_->traits.push_back(traits);
}

void OsmRelations::end_of_relations() {
  sort_unique(parts_->members);
  sort_unique(parts_->outer);
}

bool OsmRelations::is_member(int64_t way) const {
  return std::binary_search(parts_->members.begin(), parts_->members.end(), way);
}
bool OsmRelations::is_outline(int64_t way) const {
  return std::binary_search(parts_->outer.begin(), parts_->outer.end(), way);
}

void OsmRelations::add_way(int64_t way, std::span<const int64_t> nodes) {
  parts_->places.emplace_back(way, parts_->ways.committed());
  {
    osmium::builder::WayBuilder builder(parts_->ways);
    builder.set_id(way);
    osmium::builder::WayNodeListBuilder list(builder);
    for (const int64_t node : nodes) list.add_node_ref(node);
  }
  parts_->ways.commit();
}

void OsmRelations::node_ids(std::vector<int64_t>& to) const {
  for (const osmium::Way& way : parts_->ways.select<osmium::Way>()) {
    for (const osmium::NodeRef& node : way.nodes()) to.push_back(node.ref());
  }
}

OsmRelations::Parts::Outcome OsmRelations::Parts::assemble(const osmium::Relation& relation, Buffer& areas) const {
  std::vector<const osmium::Way*> members_of_it;
  for (const osmium::RelationMember& member : relation.members()) {
    const auto place = std::lower_bound(places.begin(), places.end(), std::pair<int64_t, size_t>{member.ref(), 0});
    if (place == places.end() || place->first != member.ref()) return Outcome::incomplete;
    members_of_it.push_back(&ways.get<osmium::Way>(place->second));
  }
  if (members_of_it.empty()) return Outcome::incomplete;
  osmium::area::AssemblerConfig config;
  config.create_empty_areas = false;
  try {
    if (!osmium::area::Assembler{config}(relation, members_of_it, areas)) return Outcome::broken;
  } catch (const osmium::invalid_location&) {
    return Outcome::incomplete;
  }
  areas.commit();
  return areas.select<osmium::Area>().empty() ? Outcome::broken : Outcome::assembled;
}

void OsmRelations::assemble(const std::function<OsmPlace(int64_t node)>& place_of, const Areas& areas) {
  std::sort(parts_->places.begin(), parts_->places.end());
  for (osmium::Way& way : parts_->ways.select<osmium::Way>()) {
    for (osmium::NodeRef& node : way.nodes()) {
      const OsmPlace place = place_of(node.ref());
      node.set_location(osmium::Location(place.x, place.y));
    }
  }
  auto traits = parts_->traits.begin();
  for (const osmium::Relation& relation : parts_->relations.select<osmium::Relation>()) {
    const FeatureTraits& traits_of_it = *traits++;
    Buffer assembled{1024, Buffer::auto_grow::yes};
    const Parts::Outcome outcome = parts_->assemble(relation, assembled);
    if (outcome != Parts::Outcome::assembled) {
      outcome == Parts::Outcome::broken ? areas.broken() : areas.incomplete();
      continue;
    }
    for (const osmium::Area& area : assembled.select<osmium::Area>()) areas.take(traits_of_it, rings_of(area));
  }
}

}  // namespace ppl
