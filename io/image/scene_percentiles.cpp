#include <algorithm>
#include <cmath>

#include "io/image/scene.h"

namespace ppl {
namespace {

double percentile(const std::vector<uint64_t>& counts, double percent) {
  uint64_t total = 0;
  for (const uint64_t n : counts) total += n;
  const auto wanted = static_cast<uint64_t>(std::floor(percent / 100 * static_cast<double>(total - 1)));
  uint64_t below = 0;
  for (size_t v = 0; v < counts.size(); ++v) {
    below += counts[v];
    if (below > wanted) return static_cast<double>(v);
  }
  return static_cast<double>(counts.size() - 1);
}

}  // namespace

Percentiles scene_percentiles(const SceneSource& scene, int64_t window, double low_percent, double high_percent,
                              const TakeOut& take_out) {
  std::vector<std::vector<uint64_t>> counts;
  uint64_t pixels = 0;
  for (int64_t y = 0; y < scene.height(); y += window) {
    for (int64_t x = 0; x < scene.width(); x += window) {
      auto part = scene.read(y, x, std::min(window, scene.height() - y), std::min(window, scene.width() - x));
      if (take_out) take_out(part.image, y, x, part.valid);
      const auto n = static_cast<size_t>(part.image.bands);
      counts.resize(n, std::vector<uint64_t>(size_t{1} << scene.depth(), 0));
      for (size_t i = 0; i < part.valid.size(); ++i) {
        if (!part.valid[i]) continue;
        ++pixels;
        for (size_t b = 0; b < n; ++b) {
          const size_t at = i * n + b;
          ++counts[b][scene.depth() == 8 ? part.image.u8()[at] : part.image.u16()[at]];
        }
      }
    }
  }
  PPL_CHECK(pixels > 0, "an image without data has no percentiles");
  Percentiles p;
  for (const auto& band : counts) {
    p.low.push_back(percentile(band, low_percent));
    p.high.push_back(std::max(percentile(band, high_percent), p.low.back() + 1));  // a band of one value
  }
  return p;
}

}  // namespace ppl
