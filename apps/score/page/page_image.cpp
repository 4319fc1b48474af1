#include "apps/score/page/page_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/image/codecs/codec.h"
#include "io/image/image.h"

namespace ppl::score {
namespace {

// Bands of the image that are shown: three colours (B,G,R of what read_image gives), or one grey.
Image eight_bits(const Image& image) {
  const int bands = image.bands >= 3 ? 3 : 1;
  Image result = Image::make(image.height, image.width, bands);
  const int64_t pixels = image.height * image.width;
  for (int band = 0; band < bands; ++band) {
    const auto value = [&](int64_t i) -> int {
      const int64_t at = i * image.bands + band;
      return image.depth == 8 ? image.u8()[at] : image.u16()[at];
    };
    int low = 0, high = 255;
    if (image.depth == 16) {  // from the 2nd to the 98th of a hundred
      std::vector<int> sample;
      for (int64_t i = 0; i < pixels; i += std::max<int64_t>(1, pixels / 10000)) sample.push_back(value(i));
      std::sort(sample.begin(), sample.end());
      low = sample[sample.size() / 50];
      high = std::max(low + 1, sample[sample.size() - 1 - sample.size() / 50]);
    }
    for (int64_t i = 0; i < pixels; ++i) {
      const int shown = std::clamp((value(i) - low) * 255 / (high - low), 0, 255);
      result.u8()[i * bands + band] = static_cast<uint8_t>(shown);
    }
  }
  return result;
}

// Means of squares of `factor` pixels; those at the right and lower edge may be smaller.
Image smaller(const Image& image, int64_t factor) {
  Image result = Image::make(ceil_div(image.height, factor), ceil_div(image.width, factor), image.bands);
  for (int64_t r = 0; r < result.height; ++r) {
    for (int64_t c = 0; c < result.width; ++c) {
      const int64_t bottom = std::min(image.height, (r + 1) * factor), right = std::min(image.width, (c + 1) * factor);
      for (int band = 0; band < image.bands; ++band) {
        int64_t sum = 0;
        for (int64_t y = r * factor; y < bottom; ++y) {
          for (int64_t x = c * factor; x < right; ++x) sum += image.u8()[(y * image.width + x) * image.bands + band];
        }
        result.u8()[(r * result.width + c) * image.bands + band] =
            static_cast<uint8_t>(sum / ((bottom - r * factor) * (right - c * factor)));
      }
    }
  }
  return result;
}

void append(std::string& text, const Line& line, bool close) {
  for (size_t i = 0; i < line.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{} {}", i == 0 ? "M" : "L", std::round(line[i].x * 10) / 10,
                   std::round(line[i].y * 10) / 10);
  }
  if (close) text += 'Z';
}

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  static const char* const kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < n ? std::to_integer<uint32_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) text += k <= n ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string image_uri(const std::string& path, int64_t height, int64_t width, int64_t side) {
  const Image whole = read_image(path);
  PPL_CHECK(height == 0 || (whole.height == height && whole.width == width), path, ": expected ", width, " x ", height,
            " pixels as in the masks, got ", whole.width, " x ", whole.height);
  Image image = eight_bits(whole);
  const int64_t factor = ceil_div(std::max(image.height, image.width), side);
  if (factor > 1) image = smaller(image, factor);
  if (image.bands == 3) {  // encoders take R,G,B
    for (int64_t i = 0; i < image.count(); i += 3) std::swap(image.u8()[i], image.u8()[i + 2]);
  }
  return "data:image/jpeg;base64," + base64(encode_jpeg(image, 80, path));
}

std::string path_data(const PageDrawing& drawing) {
  std::string text;
  for (const Polygon& polygon : drawing.polygons) {
    append(text, polygon.outer, true);
    for (const Line& hole : polygon.holes) append(text, hole, true);
  }
  for (const Line& line : drawing.lines) append(text, line, false);
  return text;
}

std::string path_data(const Line& line) {
  std::string text;
  append(text, line, false);
  return text;
}

}  // namespace ppl::score
