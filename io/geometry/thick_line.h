// Lines drawn pixel for pixel as OpenCV's cv::line draws them: 8-connected, whole-numbered ends and thickness. Masks
// published as made with it can be made again.
#pragma once

#include "io/geometry/spans.h"

namespace ppl {

struct Pixel {
  int64_t x, y;  // column, row; anywhere within +-2^30
};

// Appends the pixels of the line; rows may come in any order and more than once. thickness 0 or 1: one pixel.
void cover_thick_line(Pixel a, Pixel b, int thickness, Extent extent, std::vector<Span>& out);

}  // namespace ppl
