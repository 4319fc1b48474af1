// Images and drawings as text for a page.
#pragma once

#include <span>
#include <string>

#include "apps/score/page/page.h"

namespace ppl::score {

std::string base64(std::span<const std::byte>);
// An image of any depth and number of bands as JPEG (grey or colour, stretched where it is not 8 bit), no side above
// `side` pixels: "data:image/jpeg;base64,...".
std::string image_uri(const std::string& path, int64_t height, int64_t width, int64_t side);
// The d of an SVG path: rings closed, lines open; numbers with one digit after the point.
std::string path_data(const PageDrawing&);
std::string path_data(const Line&);

}  // namespace ppl::score
