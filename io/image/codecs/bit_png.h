// PNG files of masks. Masks are runs: their bytes are matched with the byte before and the row above only, in
// place of zlib's search for any earlier ones, which costs several times what drawing a mask does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ppl {

// values: [height, width], 0 is black and all else is white. Extents of 1 to 2^31 - 1.
std::vector<std::byte> encode_bit_png(const uint8_t* values, int64_t height, int64_t width);

// values: [height, width] as they are: 0 is black, 255 grey (ignored), all others are white.
std::vector<std::byte> encode_palette_png(const uint8_t* values, int64_t height, int64_t width);

}  // namespace ppl
