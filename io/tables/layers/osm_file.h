// Layers as OSM XML, for JOSM.
#pragma once

#include <string>

#include "io/tables/layers/vector_file.h"

namespace ppl {

// Lines become ways with highway=road, polygons ways with building=yes, those with holes multipolygons. Ids are
// negative: new objects. Places that are the same in OSM's digits are one node, and where roads, or walls, cross or
// touch in these digits both have a node; no segment of a road comes twice. Error naming `where` for layers in pixels.
std::string osm_of(const VectorLayer&, const std::string& where);

}  // namespace ppl
