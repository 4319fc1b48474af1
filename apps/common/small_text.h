// Text on images without a library: letters of 5 x 7 dots, of two pixels each.
#pragma once

#include <cstdint>
#include <string_view>

#include "apps/common/legend.h"
#include "io/image/image.h"

namespace ppl::apps {

inline constexpr int64_t kTextHeight = 16;  // pixels, with what hangs below the line
int64_t text_width(std::string_view);

// Onto an image of bands B,G,R, (x, y) the upper left corner; what does not fit is cut off. Characters other than
// printable ASCII are drawn as '?'.
void draw_text(Image&, int64_t x, int64_t y, std::string_view, Colour);

}  // namespace ppl::apps
