// OSM XML: extracts, what the API, Overpass and JOSM write, changes (.osc). Packed or not; in any order.
#pragma once

#include <functional>
#include <string>

#include "io/maps/osm/taker.h"

namespace ppl {

struct OsmXmlHead {
  std::string date;      // of the data, where the file says so
  bool changes = false;  // <osmChange>: only what changed
};

// Gives all objects of one kind to `taker`. Ways may say the places of their nodes, and members of relations those of
// theirs (Overpass' `out geom`): such members are ways without tags. Error where the file is damaged, is of another
// version than 0.6, or holds Overpass' remark that it could not finish.
OsmXmlHead read_osm_xml(const std::string& path, OsmKind kind, OsmTaker& taker,
                        const std::function<void(double share)>& progress);

}  // namespace ppl
