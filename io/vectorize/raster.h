// Masks and probabilities of an image file as bits and floats.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/geometry/bit_image.h"
#include "io/image/image.h"
#include "io/image/mask_reader.h"

namespace ppl {

struct ProbabilityRaster {
  int64_t height = 0, width = 0;
  std::vector<float> values;  // 0 .. 1
};

// One band: 8 bits (255 is 1), 16 bits (65535 is 1), or TIFF of 32-bit floats as they are. Error for other images and
// for floats outside [0, 1]; what is no number counts as 0.
ProbabilityRaster read_probabilities(const std::string& path, int64_t max_pixels = int64_t{1} << 28);
// Of 8 or 16 bits. Error naming the path for several bands.
std::vector<float> probabilities_of(const Image&, const std::string& path);

// Foreground: of a mask (see mask_reader.h; label: which class of an index image of that many classes), or with a
// threshold what lies strictly above it in a raster of probabilities. What has no data is no foreground.
struct ForegroundOptions {
  std::optional<double> threshold;
  int classes = 1, label = 1;
  Foreground foreground{};       // of masks of one class whose values do not say it
  MaskCensus* census = nullptr;  // is told of every mask
};
// TIFF files have up to 2^34 pixels, and are read in strips of at least strip_pixels: memory does not grow with the
// image but for the result. Other files have up to 2^28.
BitImage read_foreground(const std::string& path, const ForegroundOptions&, int64_t strip_pixels = int64_t{1} << 22);

}  // namespace ppl
