// Objects of an OSM file as its readers hand them on; what they point to is the reader's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ppl {

struct OsmTag {
  std::string_view key, value;
};
using OsmTags = std::span<const OsmTag>;

// Empty where there is no such tag.
inline std::string_view value_of(OsmTags tags, std::string_view key) {
  for (const OsmTag& tag : tags) {
    if (tag.key == key) return tag.value;
  }
  return {};
}

// In 1e-7 degrees, as OSM counts them.
struct OsmPlace {
  int32_t x = INT32_MAX, y = INT32_MAX;  // so long as it is not known

  bool valid() const {
    constexpr int32_t kHalfTurn = 1'800'000'000;
    return x >= -kHalfTurn && x <= kHalfTurn && y >= -kHalfTurn / 2 && y <= kHalfTurn / 2;
  }
};

struct OsmWay {
  int64_t id;
  OsmTags tags;
  std::span<const int64_t> nodes;
  std::span<const OsmPlace> places = {};  // of the nodes, where the way itself says them; else none
};

enum class OsmKind { node, way, relation };

struct OsmMember {
  OsmKind kind;
  int64_t id;
  std::string_view role;
};

struct OsmRelation {
  int64_t id;
  OsmTags tags;
  std::span<const OsmMember> members;
};

}  // namespace ppl
