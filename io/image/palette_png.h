// Masks of classes of which some pixels are ignored, as PNG.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ppl {

// Class numbers as they are, with a palette: by it a mask of {0, 255} alone says that 255 is ignored. Black, white and
// grey to look at. data [height, width]. Whole or not at all.
std::vector<std::byte> palette_png(const uint8_t* data, int64_t height, int64_t width);
void write_palette_png(const std::string& path, const uint8_t* data, int64_t height, int64_t width);

}  // namespace ppl
