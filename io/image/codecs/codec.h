// Image files between bytes and pixels: what a format must offer. Colours here are R,G,B. Errors name `where`.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.h"
#include "io/image/image.h"

namespace ppl {

// Values as a file holds them.
struct StoredImage {
  Image image;
  int bits = 8;          // a value, in the file
  bool alpha = false;    // the last band is opacity
  bool lossy = false;    // values are not those that were written
  bool indexed = false;  // the first band's values are indices into palette
  std::vector<std::array<uint8_t, 3>> palette;
  std::vector<int> bands;      // which of the file's image has, from 1; empty: all
  std::vector<uint8_t> valid;  // [height, width]: 0 where there is no data, if that was asked for; empty: everywhere
};

struct DecodeOptions {
  std::vector<int> bands;  // wanted ones, from 1; empty: all. A format may give all of them nevertheless
  int64_t max_pixels = int64_t{1} << 28;
  bool validity = false;
};

// A row of the table in formats.cpp. Formats that are read from files, not from bytes, take the path from `where`.
struct ImageCodec {
  std::string_view name;
  std::vector<std::string_view> starts;  // a file of the format begins with one of these
  std::vector<std::string> extensions;
  ImageHeader (*header)(Bytes, const std::string& where);
  StoredImage (*decode)(Bytes, const DecodeOptions&, const std::string& where);
};
// By the first bytes; Error for an empty file and for what is none of the formats, that says what it is where it can.
const ImageCodec& codec_of(Bytes, const std::string& where);

ImageHeader jpeg_header(Bytes, const std::string& where);
// Error for data that ends early or is damaged, even where libjpeg would go on with grey blocks; only the mark of the
// end, two bytes, may be missing. Error for CMYK.
StoredImage decode_jpeg(Bytes, const DecodeOptions&, const std::string& where);
std::vector<std::byte> encode_jpeg(const Image& rgb_or_grey, int quality, const std::string& where);

ImageHeader png_header(Bytes, const std::string& where);
StoredImage decode_png(Bytes, const DecodeOptions&, const std::string& where);
// 1 or 3 bands of 8 bits. Masks of one bit: bit_png.h.
std::vector<std::byte> encode_png(const Image& rgb_or_grey, const std::string& where);

// Through GDAL. Where white is zero, values are turned.
ImageHeader tiff_header(const std::string& path);
StoredImage decode_tiff(const std::string& path, const DecodeOptions&);

// Error where an image of so many bands has none of this number, saying what to do.
void check_band(int band, int bands, int depth, const std::string& where);

// Error where height * width is above the limit, or a side is not positive.
void check_extents(int64_t height, int64_t width, int64_t max_pixels, const std::string& where);

}  // namespace ppl
