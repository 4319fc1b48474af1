// JPEG and PNG between bytes and pixels. For io/image*.cpp; colours here are R,G,B. Errors name `where`.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "io/file.h"
#include "io/image/formats.h"
#include "io/image/image.h"

namespace ppl {

ImageHeader jpeg_header(Bytes, const std::string& where);
// Error for data that ends early or is damaged, even where libjpeg would go on with grey blocks.
Image decode_jpeg(Bytes, int64_t max_pixels, const std::string& where);
std::vector<std::byte> encode_jpeg(const Image& rgb_or_grey, int quality, const std::string& where);

struct PngImage {
  Image image;
  int bits = 8;          // a value, in the file
  bool alpha = false;    // the last band is opacity
  bool indexed = false;  // values are indices into palette
  std::vector<std::array<uint8_t, 3>> palette;
};
// colours: palettes become R,G,B and fewer than 8 bits are spread to 0 .. 255; as_stored: values as in the file.
enum class PngValues { colours, as_stored };

ImageHeader png_header(Bytes, const std::string& where);
PngImage decode_png(Bytes, PngValues, int64_t max_pixels, const std::string& where);
// 1 or 3 bands of 8 bits. Masks of one bit: bit_png.h.
std::vector<std::byte> encode_png(const Image& rgb_or_grey, const std::string& where);

// TIFF through GDAL. bands: wanted ones from 1, empty for all in file order.
ImageHeader tiff_header(const std::string& path);
Image decode_tiff(const std::string& path, std::vector<int> bands, int64_t max_pixels);

// Error where height * width is above the limit, or a side is not positive.
void check_extents(int64_t height, int64_t width, int64_t max_pixels, const std::string& where);

}  // namespace ppl
