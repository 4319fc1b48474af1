#include "io/vectorize/raster.h"

#include <algorithm>

#include "io/image/codecs/codec.h"
#include "io/image/formats.h"
#include "io/image/mask_reader.h"
#include "io/image/tiff_parts.h"
#include "io/places/mosaic.h"
#include "io/vectorize/probability_file.h"

namespace ppl {
namespace {

std::vector<uint8_t> above(const std::vector<float>& values, double threshold) {
  const auto limit = static_cast<float>(threshold);
  std::vector<uint8_t> flags(values.size());
  std::transform(values.begin(), values.end(), flags.begin(),
                 [&](float value) { return static_cast<uint8_t>(value > limit); });
  return flags;
}

// By strips, which become flags of foreground.
BitImage foreground_of(const std::string& path, const ForegroundOptions& o, int64_t strip_pixels) {
  const MaskReader mask(path, {o.classes, o.foreground});
  if (o.census) o.census->add(path, mask.summary());
  BitImage whole(mask.height(), mask.width());
  const int64_t rows = mask.strip_rows(strip_pixels);
  for (int64_t row = 0; row < mask.height(); row += rows) {
    const int64_t height = std::min(rows, mask.height() - row);
    std::vector<uint8_t> flags = mask.read(row, height);
    for (uint8_t& value : flags) value = value == o.label;
    paste(whole, BitImage::from_bytes(flags.data(), height, mask.width()), row, 0);
  }
  return whole;
}

BitImage above_threshold(const std::string& path, double threshold, int64_t strip_pixels) {
  const ProbabilityFile file(path);
  const int64_t rows = is_tiff(path) ? TiffParts(path).strip_rows(strip_pixels) : file.height();
  BitImage whole(file.height(), file.width());
  for (int64_t row = 0; row < file.height(); row += rows) {
    const int64_t height = std::min(rows, file.height() - row);
    const std::vector<uint8_t> flags = above(file.read(row, 0, height, file.width()), threshold);
    paste(whole, BitImage::from_bytes(flags.data(), height, file.width()), row, 0);
  }
  return whole;
}

}  // namespace

std::vector<float> probabilities_of(const Image& image, const std::string& path) {
  PPL_CHECK(image.bands == 1, path, ": expected one band of probabilities, got ", image.bands);
  std::vector<float> values(static_cast<size_t>(image.count()));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] =
        image.depth == 8 ? static_cast<float>(image.u8()[i]) / 255.0f : static_cast<float>(image.u16()[i]) / 65535.0f;
  }
  return values;
}

ProbabilityRaster read_probabilities(const std::string& path, int64_t max_pixels) {
  if (is_tiff(path)) {
    const ProbabilityFile file(path);
    check_extents(file.height(), file.width(), max_pixels, path);
    return {file.height(), file.width(), file.read(0, 0, file.height(), file.width())};
  }
  ReadOptions options;
  options.max_pixels = max_pixels;
  const Image image = read_image(path, options);
  return {image.height, image.width, probabilities_of(image, path)};
}

BitImage read_foreground(const std::string& path, const ForegroundOptions& options, int64_t strip_pixels) {
  if (options.threshold) return above_threshold(path, *options.threshold, strip_pixels);
  return foreground_of(path, options, strip_pixels);
}

}  // namespace ppl
