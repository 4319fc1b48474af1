// The town as an OpenStreetMap file.
#pragma once

#include <string>

#include "apps/town/town.h"

namespace ppl::synthetic {

// OSM XML 0.6 in WGS 84: highways with class, lanes, width and names, buildings, river, railway, and the bounds of
// the imaged area. Roads that meet share a node.
std::string osm_xml(const Town& town);

}  // namespace ppl::synthetic
