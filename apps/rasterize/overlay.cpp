#include "apps/rasterize/overlay.h"

#include <algorithm>
#include <array>

namespace ppl::rasterize {
namespace {

using Colour = std::array<int, 3>;  // B, G, R
constexpr std::array<Colour, 8> kColours{{{60, 60, 255},
                                          {0, 165, 255},
                                          {0, 240, 255},
                                          {80, 220, 80},
                                          {230, 200, 40},
                                          {255, 90, 90},
                                          {255, 60, 200},
                                          {200, 200, 200}}};

struct Stretch {
  double low = 0, factor = 1;
};

Stretch stretch_of(const Image& image, int band) {
  if (image.depth == 8) return {};
  std::vector<uint16_t> values;
  const int64_t pixels = image.height * image.width, step = std::max<int64_t>(1, pixels / 100000);
  for (int64_t i = 0; i < pixels; i += step) values.push_back(image.u16()[i * image.bands + band]);
  std::sort(values.begin(), values.end());
  const double low = values[values.size() / 50], high = values[values.size() - 1 - values.size() / 50];
  return {low, 255 / std::max(1.0, high - low)};
}

Image as_bgr(const Image& image) {
  Image out = Image::make(image.height, image.width, 3);
  for (int channel = 0; channel < 3; ++channel) {
    // 8-bit images come as B,G,R; of 16 bits the file's first three bands count as R,G,B.
    const int wanted = image.depth == 8 ? channel : 2 - channel, band = image.bands >= 3 ? wanted : 0;
    const Stretch stretch = stretch_of(image, band);
    for (int64_t i = 0; i < image.height * image.width; ++i) {
      const int64_t at = i * image.bands + band;
      const double value = image.depth == 8 ? image.u8()[at] : image.u16()[at];
      out.u8()[i * 3 + channel] = static_cast<uint8_t>(std::clamp((value - stretch.low) * stretch.factor, 0.0, 255.0));
    }
  }
  return out;
}

}  // namespace

Image overlay_of(const Image& image, const std::vector<uint8_t>& mask) {
  Image out = as_bgr(image);
  const auto value = [&](int64_t row, int64_t column) -> int {
    if (row < 0 || column < 0 || row >= out.height || column >= out.width) return -1;
    return mask[static_cast<size_t>(row * out.width + column)];
  };
  for (int64_t row = 0; row < out.height; ++row) {
    for (int64_t column = 0; column < out.width; ++column) {
      const int here = value(row, column);
      if (here <= 0 || here == 255) continue;
      const auto differs = [&](int other) { return other >= 0 && other != here; };
      const bool edge = differs(value(row - 1, column)) || differs(value(row + 1, column)) ||
                        differs(value(row, column - 1)) || differs(value(row, column + 1));
      const Colour& colour = kColours[static_cast<size_t>(here - 1) % kColours.size()];
      uint8_t* pixel = out.u8() + (row * out.width + column) * 3;
      for (size_t c = 0; c < 3; ++c) {
        pixel[c] = static_cast<uint8_t>(edge ? colour[c] : (pixel[c] * 65 + colour[c] * 35) / 100);
      }
    }
  }
  return out;
}

}  // namespace ppl::rasterize
