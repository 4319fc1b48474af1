#include "io/image/resample.h"

#include <algorithm>
#include <cmath>

#include "kernels/base.h"

namespace ppl {
namespace {

// What each new pixel along an axis is made of.
struct Taps {
  struct Range {
    int64_t begin, end;
    size_t weight;  // of `begin`, in weights
  };
  std::vector<Range> of;
  std::vector<float> weights;
};

Taps taps_between(int64_t from, int64_t to) {
  Taps taps;
  const double scale = static_cast<double>(from) / static_cast<double>(to), support = std::max(1.0, scale);
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = std::max<int64_t>(0, static_cast<int64_t>(centre - support + 0.5));
    const auto end = std::min(from, static_cast<int64_t>(centre + support + 0.5));
    double sum = 0;
    const size_t first = taps.weights.size();
    for (int64_t x = begin; x < end; ++x) {
      const double weight = std::max(0.0, 1 - std::fabs(static_cast<double>(x) + 0.5 - centre) / support);
      taps.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (size_t k = first; k < taps.weights.size(); ++k) taps.weights[k] /= static_cast<float>(sum);
    taps.of.push_back({begin, end, first});
  }
  return taps;
}

}  // namespace

std::vector<float> resample(const std::vector<float>& values, int64_t from_height, int64_t from_width, int64_t channels,
                            int64_t height, int64_t width) {
  const Taps across = taps_between(from_width, width), down = taps_between(from_height, height);
  const auto row = static_cast<size_t>(width * channels);
  std::vector<float> narrow(static_cast<size_t>(from_height) * row), out(static_cast<size_t>(height) * row);
  for (int64_t y = 0; y < from_height; ++y) {
    const float* from = values.data() + y * from_width * channels;
    float* to = narrow.data() + static_cast<size_t>(y) * row;
    for (const Taps::Range& range : across.of) {
      for (int64_t x = range.begin; x < range.end; ++x) {
        const float weight = across.weights[range.weight + static_cast<size_t>(x - range.begin)];
        for (int64_t c = 0; c < channels; ++c) to[c] += weight * from[x * channels + c];
      }
      to += channels;
    }
  }
  for (int64_t y = 0; y < height; ++y) {
    const Taps::Range& range = down.of[static_cast<size_t>(y)];
    float* to = out.data() + static_cast<size_t>(y) * row;
    for (int64_t line = range.begin; line < range.end; ++line) {
      const float weight = down.weights[range.weight + static_cast<size_t>(line - range.begin)];
      const float* from = narrow.data() + static_cast<size_t>(line) * row;
      for (size_t i = 0; i < row; ++i) to[i] += weight * from[i];
    }
  }
  return out;
}

Image resample(const Image& image, std::vector<uint8_t>& valid, int64_t height, int64_t width) {
  PPL_CHECK(image.depth == 8, "expected an image of 8 bits, got ", image.depth);
  const auto bands = static_cast<size_t>(image.bands);
  const size_t channels = bands + 1, pixels = static_cast<size_t>(image.height * image.width);
  std::vector<float> values(pixels * channels);
  for (size_t i = 0; i < pixels; ++i) {
    const float there = valid.empty() || valid[i] ? 1.0f : 0.0f;
    for (size_t b = 0; b < bands; ++b) values[i * channels + b] = there * static_cast<float>(image.u8()[i * bands + b]);
    values[i * channels + bands] = there;
  }
  values = resample(values, image.height, image.width, static_cast<int64_t>(channels), height, width);
  Image out = Image::make(height, width, image.bands);
  const auto count = static_cast<size_t>(height * width);
  std::vector<uint8_t> flags(valid.empty() ? 0 : count);
  for (size_t i = 0; i < count; ++i) {
    const float there = values[i * channels + bands];
    for (size_t b = 0; b < bands && there > 0; ++b)
      out.u8()[i * bands + b] = static_cast<uint8_t>(std::lround(std::min(255.0f, values[i * channels + b] / there)));
    if (!flags.empty()) flags[i] = there >= 0.5f;
  }
  valid = std::move(flags);
  return out;
}

Image resample_nearest(const Image& image, int64_t height, int64_t width) {
  PPL_CHECK(image.depth == 8 && image.bands == 1, "expected one band of 8 bits");
  Image out = Image::make(height, width, 1);
  for (int64_t y = 0; y < height; ++y) {
    const int64_t row = (2 * y + 1) * image.height / (2 * height);
    for (int64_t x = 0; x < width; ++x)
      out.u8()[y * width + x] = image.u8()[row * image.width + (2 * x + 1) * image.width / (2 * width)];
  }
  return out;
}

int64_t zoomed(int64_t extent, double zoom) {
  return std::max<int64_t>(1, std::llround(static_cast<double>(extent) * zoom));
}

}  // namespace ppl
