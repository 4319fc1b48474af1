// Polygons and lines as well-known text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/geometry/polygon.h"

namespace ppl {

// Any case, with Z, M or ZM, whose numbers are left out, as are further numbers of a point without them. EMPTY and a
// blank text (or pandas' nan, None) are nothing. A collection may hold others of the same kind.

// Of POLYGON ((x y, ...), ...), MULTIPOLYGON (...) or GEOMETRYCOLLECTION (...). A ring must end where it begins; that
// point is not repeated here. Error naming `where`, what was expected and what came, for other text and for coordinates
// that are no finite numbers.
std::vector<Polygon> parse_polygons(std::string_view text, const std::string& where);

// Of LINESTRING (x y, ...), MULTILINESTRING (...) or GEOMETRYCOLLECTION (...): appends their parts to `lines`. Returns
// what is wrong with the text, or nothing.
std::optional<std::string> parse_lines(std::string_view text, std::vector<Line>& lines);

// Numbers rounded to `digits` after the point, without zeros at the end.
std::string to_wkt(const Polygon&, int digits);
std::string to_wkt(const Line&, int digits);  // LINESTRING

}  // namespace ppl
