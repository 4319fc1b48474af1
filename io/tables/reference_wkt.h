// LINESTRING text and numbers as SpaceNet's reference scorer reads them (it is written in Java).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/geometry/point.h"

namespace ppl {

// Decimal with optional sign, fraction, exponent and suffix D or F, or a hexadecimal float with its P exponent;
// correctly rounded. Nothing for other text (NaN, infinity and names of numbers are other text).
std::optional<double> parse_number(std::string_view text);

// Fills `points` from `LINESTRING (x y, x y more, ...)`: any case, quotes anywhere, one blank between numbers, further
// numbers of a point left out; EMPTY anywhere gives no points. Returns what is wrong with the text, or nothing.
// `scratch` saves an allocation a call.
std::optional<std::string> parse_linestring_as_reference(std::string_view text, Line& points, std::string& scratch);

}  // namespace ppl
