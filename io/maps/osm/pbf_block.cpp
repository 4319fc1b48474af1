#include "io/maps/osm/pbf_block.h"

#include <limits>
#include <protozero/pbf_reader.hpp>

#include "io/maps/osm/pbf_blobs.h"
#include "io/maps/osm/pbf_fields.h"
#include "kernels/base.h"

namespace ppl {
namespace {

using pbf::bytes, pbf::number, pbf::Numbers;

// Fields of a PrimitiveGroup.
constexpr uint32_t kNodes = bytes(1), kDenseNodes = bytes(2), kWays = bytes(3), kRelations = bytes(4);

std::string_view text_of(protozero::data_view view) { return {view.data(), view.size()}; }
protozero::pbf_reader fields_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

// Writers put some thousands of objects into a block; of damaged and made-up ones no more than this is kept.
constexpr size_t kMostGroups = 10'000, kMostStrings = 4'000'000;

}  // namespace

void PbfBlock::read(Bytes blob) {
  const Bytes content = unpack_pbf_blob(blob, unpacked_);
  strings_.clear();
  groups_.clear();
  granularity_ = 100, latitude_offset_ = longitude_offset_ = 0;
  holds_[0] = holds_[1] = holds_[2] = false;
  protozero::pbf_reader fields(reinterpret_cast<const char*>(content.data()), content.size());
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case bytes(1):
        read_strings(text_of(fields.get_view()));
        break;
      case bytes(2):
        PPL_CHECK(groups_.size() < kMostGroups, "a block of more than ", kMostGroups, " groups");
        groups_.push_back(text_of(fields.get_view()));
        break;
      case number(17):
        granularity_ = fields.get_int32();
        break;
      case number(19):
        latitude_offset_ = fields.get_int64();
        break;
      case number(20):
        longitude_offset_ = fields.get_int64();
        break;
      default:
        fields.skip();
    }
  }
  for (const std::string_view group : groups_) {
    protozero::pbf_reader objects = fields_of(group);
    // All objects of a group are of one kind.
    if (!objects.next()) continue;
    const uint32_t tag = objects.tag_and_type();
    holds_[static_cast<size_t>(OsmKind::node)] |= tag == kNodes || tag == kDenseNodes;
    holds_[static_cast<size_t>(OsmKind::way)] |= tag == kWays;
    holds_[static_cast<size_t>(OsmKind::relation)] |= tag == kRelations;
  }
}

void PbfBlock::read_strings(std::string_view table) {
  protozero::pbf_reader fields = fields_of(table);
  while (fields.next(1, protozero::pbf_wire_type::length_delimited)) {
    PPL_CHECK(strings_.size() < kMostStrings, "a block of more than ", kMostStrings, " strings");
    strings_.push_back(text_of(fields.get_view()));
  }
}

std::string_view PbfBlock::string(uint32_t number) const {
  PPL_CHECK(number < strings_.size(), "string ", number, " of a table of ", strings_.size());
  return strings_[number];
}

void PbfBlock::tags(std::string_view keys, std::string_view values, std::vector<OsmTag>& to) const {
  to.clear();
  Numbers key(keys), value(values);
  while (!key.done() && !value.done()) {
    to.push_back({string(static_cast<uint32_t>(key.next())), string(static_cast<uint32_t>(value.next()))});
  }
  PPL_CHECK(key.done() && value.done(), "tags with more keys than values or the other way round");
}

OsmPlace PbfBlock::place(int64_t latitude, int64_t longitude) const {
  constexpr int64_t kStep = 100;  // nanodegrees of a unit of OsmPlace
  const auto units = [&](int64_t number, int64_t offset, int32_t& to) {
    int64_t nanodegrees = 0;
    if (__builtin_mul_overflow(number, granularity_, &nanodegrees)) return;
    if (__builtin_add_overflow(nanodegrees, offset, &nanodegrees)) return;
    const int64_t value = nanodegrees / kStep;
    if (value >= std::numeric_limits<int32_t>::min() && value < std::numeric_limits<int32_t>::max()) {
      to = static_cast<int32_t>(value);
    }
  };
  OsmPlace place;
  units(longitude, longitude_offset_, place.x);
  units(latitude, latitude_offset_, place.y);
  return place;
}

void PbfBlock::read_members(std::string_view roles, std::string_view ids, std::string_view kinds,
                            std::vector<OsmMember>& to) const {
  to.clear();
  Numbers role(roles), id(ids), kind(kinds);
  while (!role.done() && !id.done() && !kind.done()) {
    const uint64_t what = kind.next();
    PPL_CHECK(what <= 2, "a member of a relation that is of kind ", what);
    to.push_back({static_cast<OsmKind>(what), id.next_sum(), string(static_cast<uint32_t>(role.next()))});
  }
  PPL_CHECK(role.done() && id.done() && kind.done(), "a relation whose members lack ids, kinds or roles");
}

void PbfBlock::relations(const std::function<void(const OsmRelation&)>& take) const {
  std::vector<OsmTag> tags_of_it;
  std::vector<OsmMember> members;
  for (const std::string_view group : groups_) {
    protozero::pbf_reader objects = fields_of(group);
    while (objects.next()) {
      if (objects.tag_and_type() != kRelations) {
        objects.skip();
        continue;
      }
      std::string_view keys, values, roles, ids, kinds;
      OsmRelation relation{};
      protozero::pbf_reader fields = objects.get_message();
      while (fields.next()) {
        switch (fields.tag_and_type()) {
          case number(1):
            relation.id = fields.get_int64();
            break;
          case bytes(2):
            keys = text_of(fields.get_view());
            break;
          case bytes(3):
            values = text_of(fields.get_view());
            break;
          case bytes(8):
            roles = text_of(fields.get_view());
            break;
          case bytes(9):
            ids = text_of(fields.get_view());
            break;
          case bytes(10):
            kinds = text_of(fields.get_view());
            break;
          default:
            fields.skip();
        }
      }
      tags(keys, values, tags_of_it);
      read_members(roles, ids, kinds, members);
      relation.tags = tags_of_it;
      relation.members = members;
      take(relation);
    }
  }
}

// The feature LocationsOnWays.
void PbfBlock::read_places(std::string_view latitudes, std::string_view longitudes, std::vector<OsmPlace>& to) const {
  to.clear();
  Numbers latitude(latitudes), longitude(longitudes);
  while (!latitude.done() && !longitude.done()) {
    const int64_t north = latitude.next_sum(), east = longitude.next_sum();
    to.push_back(place(north, east));
  }
  PPL_CHECK(latitude.done() && longitude.done(), "a way whose nodes lack a part of their places");
}

int64_t PbfBlock::ways(const std::function<bool(int64_t id, OsmTags)>& wanted,
                       const std::function<void(const OsmWay&)>& take) const {
  std::vector<OsmTag> tags_of_it;
  std::vector<int64_t> nodes;
  std::vector<OsmPlace> places;
  int64_t count = 0;
  for (const std::string_view group : groups_) {
    protozero::pbf_reader objects = fields_of(group);
    while (objects.next()) {
      if (objects.tag_and_type() != kWays) {
        objects.skip();
        continue;
      }
      ++count;
      std::string_view keys, values, references, latitudes, longitudes;
      int64_t id = 0;
      protozero::pbf_reader fields = objects.get_message();
      while (fields.next()) {
        switch (fields.tag_and_type()) {
          case number(1):
            id = fields.get_int64();
            break;
          case bytes(2):
            keys = text_of(fields.get_view());
            break;
          case bytes(3):
            values = text_of(fields.get_view());
            break;
          case bytes(8):
            references = text_of(fields.get_view());
            break;
          case bytes(9):
            latitudes = text_of(fields.get_view());
            break;
          case bytes(10):
            longitudes = text_of(fields.get_view());
            break;
          default:
            fields.skip();
        }
      }
      tags(keys, values, tags_of_it);
      if (!wanted(id, tags_of_it)) continue;
      nodes.clear();
      for (Numbers node(references); !node.done();) nodes.push_back(node.next_sum());
      read_places(latitudes, longitudes, places);
      PPL_CHECK(places.empty() || places.size() == nodes.size(), "a way with ", nodes.size(), " nodes and ",
                places.size(), " places");
      take({id, tags_of_it, nodes, places});
    }
  }
  return count;
}

void PbfBlock::nodes(std::vector<int64_t>& ids, std::vector<OsmPlace>& places) const {
  for (const std::string_view group : groups_) {
    protozero::pbf_reader objects = fields_of(group);
    while (objects.next()) {
      if (objects.tag_and_type() == kDenseNodes) {
        read_dense(text_of(objects.get_view()), ids, places);
      } else if (objects.tag_and_type() == kNodes) {
        read_node(text_of(objects.get_view()), ids, places);
      } else {
        objects.skip();
      }
    }
  }
}

void PbfBlock::read_dense(std::string_view group, std::vector<int64_t>& ids, std::vector<OsmPlace>& places) const {
  std::string_view all_ids, latitudes, longitudes;
  protozero::pbf_reader fields = fields_of(group);
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case bytes(1):
        all_ids = text_of(fields.get_view());
        break;
      case bytes(8):
        latitudes = text_of(fields.get_view());
        break;
      case bytes(9):
        longitudes = text_of(fields.get_view());
        break;
      default:
        fields.skip();
    }
  }
  Numbers id(all_ids), latitude(latitudes), longitude(longitudes);
  while (!id.done() && !latitude.done() && !longitude.done()) {
    ids.push_back(id.next_sum());
    const int64_t north = latitude.next_sum(), east = longitude.next_sum();
    places.push_back(place(north, east));
  }
  PPL_CHECK(id.done() && latitude.done() && longitude.done(), "dense nodes of which some lack their place");
}

void PbfBlock::read_node(std::string_view node, std::vector<int64_t>& ids, std::vector<OsmPlace>& places) const {
  int64_t id = 0, latitude = std::numeric_limits<int64_t>::max(), longitude = latitude;
  protozero::pbf_reader fields = fields_of(node);
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case number(1):
        id = fields.get_sint64();
        break;
      case number(8):
        latitude = fields.get_sint64();
        break;
      case number(9):
        longitude = fields.get_sint64();
        break;
      default:
        fields.skip();
    }
  }
  ids.push_back(id);
  places.push_back(place(latitude, longitude));
}

}  // namespace ppl
