#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "io/file.h"
#include "io/image/codecs/bit_png.h"
#include "io/image/codecs/codec.h"
#include "io/image/image.h"
#include "io/image/palette_png.h"

namespace ppl {
namespace {

void check_writable(const Image& image, const std::string& path) {
  PPL_CHECK(image.depth == 8 && (image.bands == 1 || image.bands == 3), path,
            ": expected 1 or 3 bands of 8 bits to write, got ", image.bands, " of ", image.depth);
  check_extents(image.height, image.width, int64_t{1} << 40, path);
}

// B,G,R <-> R,G,B
Image exchanged(const Image& image) {
  Image out = image;
  if (image.bands == 3) {
    uint8_t* p = out.u8();
    for (int64_t i = 0; i < image.count(); i += 3) std::swap(p[i], p[i + 2]);
  }
  return out;
}

void write_bytes(const std::string& path, const std::vector<std::byte>& bytes) {
  write_file(path, bytes.data(), bytes.size());
}

template <class Value>
std::vector<std::byte> grey_png(const std::string& where, int64_t height, int64_t width, Value value) {
  check_extents(height, width, int64_t{1} << 40, where);
  Image image = Image::make(height, width, 1);
  uint8_t* const out = image.u8();
  for (int64_t i = 0; i < height * width; ++i) out[i] = value(i);
  return encode_png(image, where);
}

std::vector<std::byte> grey_mask(const std::string& where, const uint8_t* data, int64_t height, int64_t width) {
  check_extents(height, width, int64_t{1} << 40, where);
  PPL_CHECK(height <= INT32_MAX && width <= INT32_MAX, where, ": a PNG has at most ", INT32_MAX, " pixels a side");
  return encode_bit_png(data, height, width);
}
std::vector<std::byte> grey_index(const std::string& where, const uint8_t* data, int64_t height, int64_t width) {
  return grey_png(where, height, width, [=](int64_t i) { return data[i]; });
}

}  // namespace

std::vector<std::byte> image_png(const Image& image) {
  check_writable(image, "image");
  return encode_png(exchanged(image), "image");
}

void write_png(const std::string& path, const Image& image) {
  check_writable(image, path);
  write_bytes(path, encode_png(exchanged(image), path));
}

void write_jpeg(const std::string& path, const Image& image, int quality) {
  check_writable(image, path);
  PPL_CHECK(quality >= 1 && quality <= 100, path, ": JPEG quality ", quality, ", expected 1 to 100");
  write_bytes(path, encode_jpeg(exchanged(image), quality, path));
}

std::vector<std::byte> mask_png(const uint8_t* data, int64_t height, int64_t width) {
  return grey_mask("a mask", data, height, width);
}
std::vector<std::byte> index_png(const uint8_t* data, int64_t height, int64_t width) {
  return grey_index("a mask", data, height, width);
}

void write_mask_png(const std::string& path, const uint8_t* data, int64_t height, int64_t width) {
  write_bytes(path, grey_mask(path, data, height, width));
}

std::vector<std::byte> palette_png(const uint8_t* data, int64_t height, int64_t width) {
  check_extents(height, width, int64_t{1} << 40, "a mask");
  PPL_CHECK(height <= INT32_MAX && width <= INT32_MAX, "a mask: a PNG has at most ", INT32_MAX, " pixels a side");
  return encode_palette_png(data, height, width);
}
void write_palette_png(const std::string& path, const uint8_t* data, int64_t height, int64_t width) {
  write_bytes(path, palette_png(data, height, width));
}

void write_index_png(const std::string& path, const uint8_t* data, int64_t height, int64_t width) {
  write_bytes(path, grey_index(path, data, height, width));
}

void write_probability_png(const std::string& path, const float* data, int64_t height, int64_t width) {
  write_bytes(path, grey_png(path, height, width, [=](int64_t i) {
                // NaN fails both comparisons and becomes 0.
                const float v = data[i] > 0 ? std::min(data[i], 1.0f) : 0.0f;
                return static_cast<uint8_t>(std::lround(v * 255.0f));
              }));
}

}  // namespace ppl
