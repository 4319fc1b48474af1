// Masks drawn on images, for people to look at.
#pragma once

#include <vector>

#include "io/image/image.h"

namespace ppl::rasterize {

// 8-bit B,G,R. The image (any bands and depth; stretched from the 2nd to the 98th of 100 parts where it has 16 bits)
// with the mask's pixels tinted, a colour a class, and their outline bright.
Image overlay_of(const Image& image, const std::vector<uint8_t>& mask);

}  // namespace ppl::rasterize
