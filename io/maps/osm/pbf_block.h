// The objects in a blob of an .osm.pbf file. Exceptions (Error, protozero's) say what is wrong, not in which file.
#pragma once

#include <functional>
#include <vector>

#include "io/file.h"
#include "io/maps/osm/object.h"

namespace ppl {

class PbfBlock {
 public:
  // An OSMData blob, which has to stay as long as the block is used. Memory of the last one is used again.
  void read(Bytes blob);

  bool holds(OsmKind kind) const { return holds_[static_cast<size_t>(kind)]; }
  void relations(const std::function<void(const OsmRelation&)>& take) const;
  // Nodes are read of those ways that are wanted by what else is known of them. Returns the number of all ways.
  int64_t ways(const std::function<bool(int64_t id, OsmTags)>& wanted,
               const std::function<void(const OsmWay&)>& take) const;
  // Appended; as many places as ids.
  void nodes(std::vector<int64_t>& ids, std::vector<OsmPlace>& places) const;

 private:
  void read_strings(std::string_view table);
  void read_dense(std::string_view group, std::vector<int64_t>& ids, std::vector<OsmPlace>& places) const;
  void read_node(std::string_view node, std::vector<int64_t>& ids, std::vector<OsmPlace>& places) const;
  std::string_view string(uint32_t number) const;
  void tags(std::string_view keys, std::string_view values, std::vector<OsmTag>& to) const;
  void read_places(std::string_view latitudes, std::string_view longitudes, std::vector<OsmPlace>& to) const;
  void read_members(std::string_view roles, std::string_view ids, std::string_view kinds,
                    std::vector<OsmMember>& to) const;
  OsmPlace place(int64_t latitude, int64_t longitude) const;

  std::vector<std::byte> unpacked_;
  std::vector<std::string_view> strings_, groups_;  // parts of the blob or of unpacked_
  bool holds_[3] = {};
  int64_t granularity_ = 100, latitude_offset_ = 0, longitude_offset_ = 0;  // nanodegrees
};

}  // namespace ppl
