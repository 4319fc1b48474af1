#include "apps/train/sheet.h"

#include <algorithm>
#include <array>

#include "io/tiles/loader.h"
#include "models/inference/views.h"

namespace ppl::apps {
namespace {

using Colour = std::array<uint8_t, 3>;  // B,G,R
constexpr Colour kTruth{215, 225, 235}, kFound{92, 214, 160}, kMissed{64, 180, 255}, kFalse{240, 60, 150};
constexpr int64_t kGap = 8;

// A tile's panels, taking every `step`-th pixel.
struct Panels {
  Image& sheet;
  int64_t top, step, height, width;

  void put(int panel, int64_t y, int64_t x, Colour c) const {
    const int64_t at = ((top + y) * sheet.width + kGap + panel * (width + kGap) + x) * 3;
    std::copy(c.begin(), c.end(), sheet.u8() + at);
  }
};

Colour image_at(const Tile& t, int64_t pixel) {
  const uint8_t* p = t.image + pixel * t.bands;
  return t.bands >= 3 ? Colour{p[0], p[1], p[2]} : Colour{p[0], p[0], p[0]};
}

Colour dimmed(Colour c) {
  const auto grey = static_cast<uint8_t>((c[0] * 11 + c[1] * 59 + c[2] * 30) * 42 / 10000);
  return {grey, grey, grey};
}

// probability: of the first class.
void draw_tile(const Panels& p, const Tile& t, const float* probability, int classes, double limit) {
  for (int64_t y = 0; y < p.height; ++y) {
    for (int64_t x = 0; x < p.width; ++x) {
      const int64_t pixel = y * p.step * t.width + x * p.step;
      const Colour shown = image_at(t, pixel), dark = dimmed(shown);
      const bool truth = t.mask[pixel] == 1, found = static_cast<double>(probability[pixel * classes]) > limit;
      p.put(0, y, x, shown);
      p.put(1, y, x, truth ? kTruth : dark);
      const bool left_out = t.mask[pixel] == 255;
      p.put(2, y, x, left_out ? dark : truth && found ? kFound : truth ? kMissed : found ? kFalse : dark);
    }
  }
}

}  // namespace

Image draw_sheet(const LinkNet& network, const std::shared_ptr<const TileSource>& tiles, int count, int side,
                 DType precision, int views, double threshold) {
  const NoGrad off;
  const int64_t shown = std::min<int64_t>(count, tiles->size());
  std::vector<Panels> panels;
  Image sheet;
  int64_t width = 0, height = kGap;
  for (int64_t i = 0; i < shown; ++i) {
    const auto& e = tiles->entry(i);
    const int64_t step = ceil_div(std::max(e.height, e.width), side);
    panels.push_back({sheet, height, step, ceil_div(e.height, step), ceil_div(e.width, step)});
    height += panels.back().height + kGap;
    width = std::max(width, 3 * (panels.back().width + kGap) + kGap);
  }
  sheet = Image::make(height, width, 3);
  LoaderOptions options = LoaderOptions::validation(1, precision);
  options.threads = 1;
  options.prefetch = 1;
  Loader loader(tiles, options);
  for (int64_t i = 0; i < shown; ++i) {
    const Tensor sum = probability_sum(network, loader.next().images, views).to(Device::cpu);
    draw_tile(panels[static_cast<size_t>(i)], tiles->load(i), sum.data<float>(), tiles->classes(), threshold * views);
  }
  return sheet;
}

}  // namespace ppl::apps
