// White that reaches into an image from its border: what scanned and cut images have instead of data.
#pragma once

#include <cstdint>
#include <vector>

#include "io/image/image.h"

namespace ppl {

// 1 where all bands are within 15 / 255 of the highest value: JPEG blurs white. [height, width]
std::vector<uint8_t> white_pixels(const Image& image);

// White that reaches in from the border, where there are 1 % of the pixels of it or more, with what JPEG blurred of it:
// nearly white, within 16 pixels of white. 1 where it is.
std::vector<uint8_t> white_margins(const Image& image);

}  // namespace ppl
