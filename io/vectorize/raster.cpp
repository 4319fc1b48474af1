#include "io/vectorize/raster.h"

#include <algorithm>

#include "io/image/formats.h"
#include "io/image/mask_values.h"
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

// A mask's values in strips, which become flags of foreground.
class MaskStrips {
 public:
  MaskStrips(const std::string& path, const ForegroundOptions& options, int64_t pixels)
      : path_(path), options_(options), tiff_(path), rows_(tiff_.strip_rows(pixels)) {}

  BitImage read() {
    BitImage whole(tiff_.height(), tiff_.width());
    for (int64_t row = 0; row < tiff_.height(); row += rows_) {
      PngImage p;
      p.image = tiff_.read(row, 0, std::min(rows_, tiff_.height() - row), tiff_.width());
      p.bits = p.image.depth;
      const std::vector<uint8_t> flags = options_.classes == 1 ? of_one_class(p, whole) : of_classes(p, row);
      paste(whole, BitImage::from_bytes(flags.data(), p.image.height, p.image.width), row, 0);
    }
    return whole;
  }

 private:
  std::vector<uint8_t> of_one_class(const PngImage& p, BitImage& whole) {
    const std::vector<uint16_t> grey = grey_values(p, path_);
    const int greatest = *std::max_element(grey.begin(), grey.end());
    // Ones were foreground as long as nothing above them had come.
    if (greatest_ <= 1 && greatest > 1) whole = BitImage(whole.height(), whole.width());
    greatest_ = std::max(greatest_, greatest);
    const int least = least_foreground(p, greatest_);
    std::vector<uint8_t> flags(grey.size());
    for (size_t i = 0; i < flags.size(); ++i) flags[i] = grey[i] >= least && options_.label == 1;
    return flags;
  }

  std::vector<uint8_t> of_classes(const PngImage& p, int64_t row) const {
    std::vector<uint8_t> flags(static_cast<size_t>(p.image.height * p.image.width));
    to_classes(p, options_.classes, row, flags.data(), path_);
    for (uint8_t& value : flags) value = value == options_.label;
    return flags;
  }

  const std::string& path_;
  const ForegroundOptions& options_;
  const TiffParts tiff_;
  const int64_t rows_;
  int greatest_ = 0;  // so far
};

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
  PPL_CHECK(options.classes >= 1 && options.classes < 255, path, ": a mask of ", options.classes,
            " classes; expected 1 to 254");
  if (is_tiff(path)) return MaskStrips(path, options, strip_pixels).read();
  Image mask = read_mask(path, options.classes);
  for (uint8_t& value : mask.bytes) value = value == options.label;
  return BitImage::from_bytes(mask.u8(), mask.height, mask.width);
}

}  // namespace ppl
