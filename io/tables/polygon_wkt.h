// Polygons and lines as well-known text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/geometry/polygon.h"

namespace ppl {

// Of POLYGON ((x y, ...), ...), MULTIPOLYGON (...) or EMPTY; any case, with Z, M or ZM, whose numbers are left out, as
// are further numbers of a point without them. A ring must end where it begins; that point is not repeated here. Error
// naming `where`, what was expected and what came, for other text and for coordinates that are no finite numbers.
std::vector<Polygon> parse_polygons(std::string_view text, const std::string& where);

// Numbers rounded to `digits` after the point, without zeros at the end.
std::string to_wkt(const Polygon&, int digits);
std::string to_wkt(const Line&, int digits);  // LINESTRING

}  // namespace ppl
