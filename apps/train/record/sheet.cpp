#include "apps/train/record/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "apps/common/small_text.h"
#include "io/tiles/loader.h"
#include "kernels/ignored.h"
#include "models/inference/views.h"
#include "models/metrics.h"

namespace ppl::apps {
namespace {

using Pixel = std::array<uint8_t, 3>;  // B,G,R
constexpr Colour kInk{235, 235, 235}, kFaint{150, 155, 160};
constexpr int64_t kGap = 8, kLine = kTextHeight + 4, kSquare = 14;
const std::string kPanels = "tile | truth | prediction";

Pixel pixel_of(const LegendEntry& e) { return {e.colour.blue, e.colour.green, e.colour.red}; }

// A tile's panels, taking every `step`-th pixel.
struct Panels {
  Image& sheet;
  int64_t top, step, height, width;

  void put(int panel, int64_t y, int64_t x, Pixel c) const {
    const int64_t at = ((top + kLine + y) * sheet.width + kGap + panel * (width + kGap) + x) * 3;
    std::copy(c.begin(), c.end(), sheet.u8() + at);
  }
};

// A tile, and what the network says of the first class.
struct Drawn {
  Tile tile;
  const float* probability;
  int classes;
  double limit;

  bool truth(int64_t pixel) const { return tile.mask[pixel] == 1; }
  bool found(int64_t pixel) const { return static_cast<double>(probability[pixel * classes]) > limit; }
  bool left_out(int64_t pixel) const { return tile.mask[pixel] == kIgnored; }
  Pixel image(int64_t pixel) const {
    const uint8_t* p = tile.image + pixel * tile.bands;
    return tile.bands >= 3 ? Pixel{p[0], p[1], p[2]} : Pixel{p[0], p[0], p[0]};
  }
};

double iou_of(const Drawn& d) {
  Confusion counts;
  for (int64_t pixel = 0; pixel < d.tile.height * d.tile.width; ++pixel) {
    if (d.left_out(pixel)) continue;
    const bool truth = d.truth(pixel), found = d.found(pixel);
    counts.add({truth && found, !truth && found, truth && !found});
  }
  return counts.iou();
}

Pixel dimmed(Pixel c) {
  const auto grey = static_cast<uint8_t>((c[0] * 11 + c[1] * 59 + c[2] * 30) * 42 / 10000);
  return {grey, grey, grey};
}

void draw_tile(const Panels& p, const Drawn& d) {
  for (int64_t y = 0; y < p.height; ++y) {
    for (int64_t x = 0; x < p.width; ++x) {
      const int64_t pixel = y * p.step * d.tile.width + x * p.step;
      const Pixel shown = d.image(pixel), dark = dimmed(shown);
      const bool truth = d.truth(pixel), found = d.found(pixel);
      p.put(0, y, x, shown);
      p.put(1, y, x, truth ? pixel_of(kTruth) : dark);
      const bool nothing = d.left_out(pixel) || (!truth && !found);
      p.put(2, y, x, nothing ? dark : pixel_of(truth && found ? kFound : truth ? kMissed : kFalse));
    }
  }
}

int64_t legend_width() {
  int64_t width = 2 * kGap + text_width(kPanels);
  for (const LegendEntry& e : kLegend) width += 2 * kGap + kSquare + kGap + text_width(e.word);
  return width;
}

void draw_legend(Image& sheet) {
  draw_text(sheet, kGap, kGap, kPanels, kFaint);
  int64_t x = kGap + text_width(kPanels) + 2 * kGap;
  for (const LegendEntry& e : kLegend) {
    for (int64_t i = 0; i < kSquare * kSquare; ++i) {
      const Pixel c = pixel_of(e);
      std::copy(c.begin(), c.end(), sheet.u8() + ((kGap + i / kSquare) * sheet.width + x + i % kSquare) * 3);
    }
    x += kSquare + kGap;
    draw_text(sheet, x, kGap, e.word, kInk);
    x += text_width(e.word) + 2 * kGap;
  }
}

}  // namespace

Image draw_sheet(const LinkNet& network, const std::shared_ptr<const TileSource>& tiles, int count, int side,
                 DType precision, int views, double threshold) {
  const NoGrad off;
  const int64_t shown = std::min<int64_t>(count, tiles->size());
  std::vector<Panels> panels;
  Image sheet;
  int64_t width = legend_width(), height = kGap + kLine;
  for (int64_t i = 0; i < shown; ++i) {
    const auto& e = tiles->entry(i);
    const int64_t step = ceil_div(std::max(e.height, e.width), side);
    panels.push_back({sheet, height, step, ceil_div(e.height, step), ceil_div(e.width, step)});
    height += kLine + panels.back().height + kGap;
    width = std::max(width, 3 * (panels.back().width + kGap) + kGap);
  }
  sheet = Image::make(height, width, 3);
  draw_legend(sheet);
  LoaderOptions options = LoaderOptions::validation(1, precision);
  options.threads = 1;
  options.prefetch = 1;
  Loader loader(tiles, options);
  for (int64_t i = 0; i < shown; ++i) {
    const Panels& p = panels[static_cast<size_t>(i)];
    const Tensor sum = probability_sum(network, loader.next().images, views).to(Device::cpu);
    const Drawn drawn{tiles->load(i), sum.data<float>(), tiles->classes(), threshold * views};
    draw_tile(p, drawn);
    draw_text(sheet, kGap, p.top, fmt::format("IoU {:.3f}  {}", iou_of(drawn), tiles->entry(i).id), kInk);
  }
  return sheet;
}

}  // namespace ppl::apps
