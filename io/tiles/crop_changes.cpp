#include "io/tiles/crop_changes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "engine/random.h"
#include "kernels/ignored.h"

namespace ppl {
namespace {

constexpr uint64_t kChanges = 0x63686e67, kPlaces = 0x706c6163;  // streams of their own

struct Memory {
  std::vector<uint8_t> image, mask, weight;
};

// Where a pixel of the crop lies in the tile.
struct Place {
  double y, x;
  int64_t row, column;  // the nearest pixel
};

class Lattice {
 public:
  Lattice(const AugmentPlan& p, const CropChanges& c, const Tile& t)
      : c_(c),
        tile_(t),
        half_y_(static_cast<double>(p.height - 1) / 2),
        half_x_(static_cast<double>(p.width - 1) / 2),
        y_(static_cast<double>(p.crop_y) + half_y_),
        x_(static_cast<double>(p.crop_x) + half_x_) {}

  Place at(int64_t i, int64_t j) const {
    const double down = static_cast<double>(i) - half_y_, right = static_cast<double>(j) - half_x_;
    const double y = y_ + c_.along * down + c_.across * right, x = x_ + c_.along * right - c_.across * down;
    return {y, x, static_cast<int64_t>(std::rint(y)), static_cast<int64_t>(std::rint(x))};
  }
  bool inside(const Place& p) const {
    return p.row >= 0 && p.row < tile_.height && p.column >= 0 && p.column < tile_.width;
  }
  // Bilinear, the tile's border repeated. value(index of a pixel)
  template <class Value>
  double mixed(const Place& p, Value&& value) const {
    const double fy = std::floor(p.y), fx = std::floor(p.x), v = p.y - fy, u = p.x - fx;
    const auto row = [&](double y) { return std::clamp(static_cast<int64_t>(y), int64_t{0}, tile_.height - 1); };
    const auto column = [&](double x) { return std::clamp(static_cast<int64_t>(x), int64_t{0}, tile_.width - 1); };
    const int64_t top = row(fy) * tile_.width, bottom = row(fy + 1) * tile_.width;
    const int64_t left = column(fx), right = column(fx + 1);
    return (1 - v) * ((1 - u) * value(top + left) + u * value(top + right)) +
           v * ((1 - u) * value(bottom + left) + u * value(bottom + right));
  }

 private:
  const CropChanges& c_;
  const Tile& tile_;
  double half_y_, half_x_, y_, x_;
};

uint8_t mask_at(const Lattice& lattice, const Place& p, const Tile& t, int classes) {
  const uint8_t nearest = t.mask[p.row * t.width + p.column];
  if (classes > 1 || nearest == kIgnored) return nearest;
  return lattice.mixed(p, [&](int64_t k) { return t.mask[k] == 1 ? 1.0 : 0.0; }) >= 0.5;
}

// Any place and turn; of a crop that is not turned these are its pixels as they are.
void sample(const AugmentPlan& plan, const CropChanges& c, const Tile& t, int classes, Memory& out) {
  const Lattice lattice(plan, c, t);
  for (int64_t i = 0; i < plan.height; ++i) {
    for (int64_t j = 0; j < plan.width; ++j) {
      const Place p = lattice.at(i, j);
      if (!lattice.inside(p)) continue;
      const auto to = static_cast<size_t>(i * plan.width + j);
      for (int b = 0; b < t.bands; ++b) {
        const double v = lattice.mixed(p, [&](int64_t k) { return static_cast<double>(t.image[k * t.bands + b]); });
        out.image[to * static_cast<size_t>(t.bands) + static_cast<size_t>(b)] = static_cast<uint8_t>(v + 0.5);
      }
      out.mask[to] = mask_at(lattice, p, t, classes);
      if (t.weight) out.weight[to] = t.weight[p.row * t.width + p.column];
    }
  }
}

void apply_gains(const std::vector<double>& gains, std::vector<uint8_t>& image) {
  for (size_t i = 0; i < image.size(); ++i)
    image[i] = static_cast<uint8_t>(std::min(image[i] * gains[i % gains.size()] + 0.5, 255.0));
}

// Along lines of n pixels, `step` values apart; to and from may not overlap.
void blur_line(const float* from, float* to, int64_t n, int64_t step, std::span<const float> kernel) {
  const auto radius = static_cast<int64_t>(kernel.size()) / 2;
  for (int64_t i = 0; i < n; ++i) {
    float sum = 0;
    for (int64_t k = -radius; k <= radius; ++k)
      sum += kernel[static_cast<size_t>(k + radius)] * from[std::clamp(i + k, int64_t{0}, n - 1) * step];
    to[i * step] = sum;
  }
}

void blur(const AugmentPlan& p, double deviation, int bands, std::vector<uint8_t>& image) {
  const auto radius = static_cast<int>(std::ceil(3 * deviation));
  std::vector<float> kernel;
  for (int k = -radius; k <= radius; ++k)
    kernel.push_back(static_cast<float>(std::exp(-0.5 * k * k / (deviation * deviation))));
  float sum = 0;
  for (const float w : kernel) sum += w;
  for (float& w : kernel) w /= sum;
  std::vector<float> from(image.begin(), image.end()), to(image.size());
  const int64_t row = p.width * bands;
  for (int64_t y = 0; y < p.height; ++y)
    for (int b = 0; b < bands; ++b)
      blur_line(&from[static_cast<size_t>(y * row + b)], &to[static_cast<size_t>(y * row + b)], p.width, bands, kernel);
  for (int64_t x = 0; x < row; ++x)
    blur_line(&to[static_cast<size_t>(x)], &from[static_cast<size_t>(x)], p.height, row, kernel);
  for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<uint8_t>(from[i] + 0.5f);
}

void make_hole(const AugmentPlan& p, const CropChanges& c, int bands, std::vector<uint8_t>& image) {
  const int64_t y0 = std::max<int64_t>(c.hole_y, 0), y1 = std::min(c.hole_y + c.hole, p.height);
  const int64_t x0 = std::max<int64_t>(c.hole_x, 0), x1 = std::min(c.hole_x + c.hole, p.width);
  const int64_t pixels = p.height * p.width;
  for (int b = 0; b < bands; ++b) {
    int64_t sum = 0;
    for (int64_t k = 0; k < pixels; ++k) sum += image[static_cast<size_t>(k * bands + b)];
    const auto mean = static_cast<uint8_t>((sum + pixels / 2) / pixels);
    for (int64_t y = y0; y < y1; ++y)
      for (int64_t x = x0; x < x1; ++x) image[static_cast<size_t>((y * p.width + x) * bands + b)] = mean;
  }
}

bool holds_foreground(const AugmentPlan& p, const Tile& t) {
  const int64_t y0 = std::max<int64_t>(p.crop_y, 0), y1 = std::min(p.crop_y + p.height, t.height);
  const int64_t x0 = std::max<int64_t>(p.crop_x, 0), x1 = std::min(p.crop_x + p.width, t.width);
  for (int64_t y = y0; y < y1; ++y) {
    const uint8_t* row = t.mask + y * t.width;
    if (std::any_of(row + x0, row + std::max(x0, x1), [](uint8_t v) { return v != 0 && v != kIgnored; })) return true;
  }
  return false;
}

}  // namespace

CropChanges draw_changes(const Augmentation& a, uint64_t seed, int64_t epoch, int64_t index, int64_t height,
                         int64_t width, int bands) {
  CropChanges c;
  Random random(seed, kChanges, epoch, index);
  const auto chance = [&] { return random.chance(a.probability); };  // always drawn: options do not move one another
  const bool turns = chance();
  const double angle = random.uniform(-a.turn, a.turn) * std::numbers::pi / 180;
  const bool resizes = chance();
  const double step = std::pow(a.resize, random.uniform(-1, 1));
  if ((turns && a.turn > 0) || (resizes && a.resize > 1)) {
    const double by = resizes ? step : 1, angle_by = turns ? angle : 0;
    c.along = by * std::cos(angle_by);
    c.across = by * std::sin(angle_by);
  }
  const bool blurs = chance();
  const double deviation = random.uniform(0, a.blur);
  if (blurs && deviation >= 0.2) c.blur = deviation;  // less changes nothing in 8 bits
  const bool holed = chance();
  const auto side = static_cast<double>(std::min(height, width));
  const auto hole = static_cast<int64_t>(std::rint(random.uniform(0, a.cutout) * side));
  const int64_t y = random.integer(0, height - 1), x = random.integer(0, width - 1);
  if (holed && hole > 0) c.hole = hole, c.hole_y = y - hole / 2, c.hole_x = x - hole / 2;
  if (chance() && a.gain > 0)
    for (int b = 0; b < bands; ++b) c.gains.push_back(random.uniform(1 - a.gain, 1 + a.gain));
  return c;
}

Tile change_crop(const AugmentPlan& p, const CropChanges& c, const Tile& t, int classes) {
  const auto pixels = static_cast<size_t>(p.height * p.width);
  auto memory = std::make_shared<Memory>();
  memory->image.resize(pixels * static_cast<size_t>(t.bands));
  memory->mask.assign(pixels, kIgnored);
  if (t.weight) memory->weight.resize(pixels);
  sample(p, c, t, classes, *memory);
  if (!c.gains.empty()) apply_gains(c.gains, memory->image);
  if (c.blur > 0) blur(p, c.blur, t.bands, memory->image);
  if (c.hole > 0) make_hole(p, c, t.bands, memory->image);
  Tile out{p.height, p.width, t.bands, memory->image.data(), memory->mask.data(), nullptr};
  if (t.weight) out.weight = memory->weight.data();
  out.keep = std::move(memory);
  return out;
}

void avoid_empty(AugmentPlan& p, const Tile& t, double keep, uint64_t seed, int64_t epoch, int64_t index) {
  constexpr int kMoves = 8;
  Random random(seed, kPlaces, epoch, index);
  for (int k = 0; k < kMoves && !holds_foreground(p, t) && !random.chance(keep); ++k) {
    p.crop_y = crop_start(random, t.height, p.height);
    p.crop_x = crop_start(random, t.width, p.width);
  }
}

}  // namespace ppl
