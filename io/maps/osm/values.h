// Values of attributes of OSM XML. Errors say what was expected and what came, not in which file.
#pragma once

#include "io/maps/osm/object.h"

namespace ppl {

int64_t osm_number(const char* text, const char* what);

// In 1e-7 degrees; what is off the earth is no place.
int32_t osm_degrees(const char* text, const char* what);

// An id for a node that is known by its place alone. OSM's ids and JOSM's negative ones are nowhere near.
int64_t id_at(OsmPlace place);

}  // namespace ppl
