// Hue, saturation and value shifted as OpenCV does it with 8 bits: BGR -> HSV (hue in 2 degree steps), shift, -> BGR.
#include <algorithm>
#include <cmath>

#include "kernels/augment.h"

namespace ppl {
namespace {

constexpr int kBlock = 256;  // pixels held in planes at a time: the loops over planes vectorize

struct Planes {
  alignas(64) int32_t b[kBlock], g[kBlock], r[kBlock];
};

// OpenCV's division tables, round(2^12 255 / v) and round(2^12 30 / d), computed: no quotient here lies half-way, so
// adding 1/2 and cutting rounds as the tables do.
int32_t rounded_quotient(float numerator, int32_t by) {
  return static_cast<int32_t>(numerator / static_cast<float>(std::max(by, 1)) + 0.5f);
}

int32_t to_byte(int32_t v) { return std::clamp(v, 0, 255); }

void shift_planes(Planes& p, int n, int hue, int saturation, int value) {
  for (int i = 0; i < n; ++i) {
    const int32_t b = p.b[i], g = p.g[i], r = p.r[i];
    const int32_t most = std::max(std::max(b, g), r), diff = most - std::min(std::min(b, g), r);
    const int32_t s = (diff * rounded_quotient(1044480.0f, most) + 2048) >> 12;
    const int32_t sixth = most == r ? g - b : most == g ? b - r + 2 * diff : r - g + 4 * diff;
    int32_t h = (sixth * rounded_quotient(122880.0f, diff) + 2048) >> 12;
    h += h < 0 ? 180 : 0;

    const float fs = static_cast<float>(to_byte(s + saturation)) * (1.0f / 255.0f);
    const float fv = static_cast<float>(to_byte(most + value)) * (1.0f / 255.0f);
    const float turn = static_cast<float>((h + hue) & 255) * (6.0f / 180.0f);
    const int32_t whole = static_cast<int32_t>(turn);
    const float f = turn - static_cast<float>(whole);
    const int32_t sector = whole >= 6 ? whole - 6 : whole;

    // Cut, not rounded, and with fused products: what OpenCV's vector code (any row of 32 pixels and more) does.
    const int32_t v0 = static_cast<int32_t>(fv * 255.0f);
    const int32_t v1 = static_cast<int32_t>(fv * (1.0f - fs) * 255.0f);
    const int32_t v2 = static_cast<int32_t>(fv * std::fma(-fs, f, 1.0f) * 255.0f);
    const int32_t v3 = static_cast<int32_t>(fv * std::fma(-fs, 1.0f - f, 1.0f) * 255.0f);
    p.b[i] = sector <= 1 ? v1 : sector == 2 ? v3 : sector <= 4 ? v0 : v2;
    p.g[i] = sector == 0 ? v3 : sector <= 2 ? v0 : sector == 3 ? v2 : v1;
    p.r[i] = sector == 0 || sector == 5 ? v0 : sector == 1 ? v2 : sector == 4 ? v3 : v1;
  }
}

}  // namespace

void hsv_shift(const uint8_t* src, int64_t src_stride, uint8_t* dst, int64_t height, int64_t width, int hue,
               int saturation, int value) {
  Planes p;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; x += kBlock) {
      const int n = static_cast<int>(std::min<int64_t>(kBlock, width - x));
      const uint8_t* from = src + y * src_stride + 3 * x;
      uint8_t* to = dst + (y * width + x) * 3;
      for (int i = 0; i < n; ++i) {
        p.b[i] = from[3 * i];
        p.g[i] = from[3 * i + 1];
        p.r[i] = from[3 * i + 2];
      }
      shift_planes(p, n, hue, saturation, value);
      for (int i = 0; i < n; ++i) {
        to[3 * i] = static_cast<uint8_t>(p.b[i]);
        to[3 * i + 1] = static_cast<uint8_t>(p.g[i]);
        to[3 * i + 2] = static_cast<uint8_t>(p.r[i]);
      }
    }
  }
}

}  // namespace ppl
