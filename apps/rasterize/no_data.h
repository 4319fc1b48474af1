// Where an image shows nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/image/image.h"

namespace ppl::rasterize {

// 1 where the image has no data: by its no-data value, alpha, or in a white margin.
std::vector<uint8_t> find_no_data(const std::string& path);

}  // namespace ppl::rasterize
