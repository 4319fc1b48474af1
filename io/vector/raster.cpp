#include "io/vector/raster.h"

#include <algorithm>

#include "io/image.h"

namespace ppl {

ProbabilityRaster read_probabilities(const std::string& path, int64_t max_pixels) {
  if (is_float_raster(path)) return read_float_raster(path, max_pixels);
  ReadOptions options;
  options.max_pixels = max_pixels;
  const Image image = read_image(path, options);
  PPL_CHECK(image.bands == 1, path, ": expected one band of probabilities, got ", image.bands);
  ProbabilityRaster result{image.height, image.width, std::vector<float>(static_cast<size_t>(image.count()))};
  for (size_t i = 0; i < result.values.size(); ++i) {
    result.values[i] =
        image.depth == 8 ? static_cast<float>(image.u8()[i]) / 255.0f : static_cast<float>(image.u16()[i]) / 65535.0f;
  }
  return result;
}

BitImage read_foreground(const std::string& path, const ForegroundOptions& options) {
  if (!options.threshold) {
    Image mask = read_mask(path, options.classes);
    for (uint8_t& value : mask.bytes) value = value == options.label;
    return BitImage::from_bytes(mask.u8(), mask.height, mask.width);
  }
  const ProbabilityRaster raster = read_probabilities(path);
  const auto limit = static_cast<float>(*options.threshold);
  std::vector<uint8_t> above(raster.values.size());
  std::transform(raster.values.begin(), raster.values.end(), above.begin(),
                 [&](float value) { return static_cast<uint8_t>(value > limit); });
  return BitImage::from_bytes(above.data(), raster.height, raster.width);
}

}  // namespace ppl
