// What a map says of a thing decides whether it is drawn and how wide: one rule for OSM's tags and for the attributes
// of layers.
#pragma once

#include <string>
#include <string_view>

#include "io/maps/osm/tags.h"
#include "io/maps/source.h"

namespace ppl {

enum class LeftOut {
  no,
  classless,  // no class, or one that says "no"
  hidden,     // in a tunnel, underground
  class_not_drawn,
};

// The first of several values: "a;b", "['a', 'b']" (osmnx), "[\"a\", \"b\"]"; empty for what stands for nothing ("nan",
// "None", "null" of tables).
std::string_view first_value(std::string_view text);

// "", no, none, false, f, n, 0 in any case.
bool says_no(std::string_view value);

// Whether a class says that nothing stands there: proposed, planned, demolished, razed, removed, destroyed, dismantled.
bool nothing_there(std::string_view kind);

// Fills in kind, lanes and width. kind: of the highway or building as it is written; value("tunnel") and so on are the
// other tags, empty where there are none.
template <class ValueOf>
LeftOut judge(const MapRequest& request, std::string_view kind, const ValueOf& value, FeatureTraits& traits) {
  kind = first_value(kind);
  if (says_no(kind)) return LeftOut::classless;
  if (!request.tunnels) {
    const bool hidden = request.theme == MapTheme::roads
                            ? !says_no(first_value(value("tunnel")))
                            : value("location") == "underground" || !says_no(value("is_underground"));
    if (hidden) return LeftOut::hidden;
  }
  traits.kind = kind;
  if (request.wants_kind ? !request.wants_kind(traits.kind) : nothing_there(kind)) return LeftOut::class_not_drawn;
  traits.width = parse_width(first_value(value("width"))).value_or(0);
  traits.lanes = parse_lanes(first_value(value("lanes"))).value_or(0);
  return LeftOut::no;
}

}  // namespace ppl
