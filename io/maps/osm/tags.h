// What OSM's tags say about a road's size.
#pragma once

#include <optional>
#include <string_view>

namespace ppl {

// `width` in metres: "7", "7.5", "7,5 m", "24 ft", "24'", "24'6\"". Nothing where it is no width of 0.1 to 200 metres.
std::optional<double> parse_width(std::string_view text);

// `lanes`: a whole number of 1 to 30 ("2", "2.0"), nothing else.
std::optional<int> parse_lanes(std::string_view text);

}  // namespace ppl
