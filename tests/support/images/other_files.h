// Image files of kinds that the engine never writes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/image/image.h"

namespace ppl::test {

// A PNG with opacity. rgba [height, width, 4]
void write_rgba_png(const std::string& path, int width, int height, const std::vector<uint8_t>& rgba);

// A JPEG of three bands, or of four: CMYK.
void write_other_jpeg(const std::string& path, const Image& image, bool progressive);

}  // namespace ppl::test
