// Where a picture shows nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/image.h"

namespace ppl::rasterize {

// 1 where the picture has no data: by its no-data value, alpha, or in a white margin.
std::vector<uint8_t> find_no_data(const std::string& path);

// White (the highest value in every band) that reaches in from the border, where there are 1 % of the pixels of it or
// more. 1 where it is.
std::vector<uint8_t> white_margins(const Image& image);

}  // namespace ppl::rasterize
