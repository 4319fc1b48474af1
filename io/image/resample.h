// Images, masks and probabilities at another size.
#pragma once

#include <cstdint>
#include <vector>

#include "io/image/image.h"

namespace ppl {

// Means weighted by triangles, as wide as a pixel of the coarser side: Pillow's BILINEAR. Of 8 bits. valid: as
// read_image has it (empty: everywhere); pixels without data have no weight, and where they are the most there is none.
Image resample(const Image&, std::vector<uint8_t>& valid, int64_t height, int64_t width);

// The same of values [from_height, from_width, channels].
std::vector<float> resample(const std::vector<float>& values, int64_t from_height, int64_t from_width, int64_t channels,
                            int64_t height, int64_t width);

// The nearest pixel, for classes. One band of 8 bits.
Image resample_nearest(const Image&, int64_t height, int64_t width);

// So long is an extent of pixels when each becomes `zoom`; at least 1.
int64_t zoomed(int64_t extent, double zoom);

}  // namespace ppl
