#include "io/tiles/augment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace ppl {
namespace {

constexpr uint64_t kStream = 0x6175676d;  // keeps these numbers apart from the shuffle's

void draw_warp(const Augmentation& a, Random& random, AugmentPlan& p) {
  const auto w = static_cast<double>(p.width), h = static_cast<double>(p.height);
  const double scale = random.uniform(1 - a.scale, 1 + a.scale);
  const double root = std::sqrt(random.uniform(1 - a.aspect, 1 + a.aspect));
  const double sx = scale * root, sy = scale / root;
  const double dx = std::rint(random.uniform(-a.shift, a.shift) * w);
  const double dy = std::rint(random.uniform(-a.shift, a.shift) * h);
  // Rounded to float as the published code hands its corners to OpenCV.
  p.x0 = static_cast<float>(w / 2 + dx - w / 2 * sx);
  p.x1 = static_cast<float>(w / 2 + dx + w / 2 * sx);
  p.y0 = static_cast<float>(h / 2 + dy - h / 2 * sy);
  p.y1 = static_cast<float>(h / 2 + dy + h / 2 * sy);
}

// The crop of a plane with `bands` values a pixel; copied, with what is outside of the tile filled, if it sticks out.
PixelView crop_view(const AugmentPlan& p, const Tile& t, const uint8_t* data, int bands, uint8_t outside,
                    std::vector<uint8_t>& copy) {
  if (p.crop_y >= 0 && p.crop_x >= 0 && p.crop_y + p.height <= t.height && p.crop_x + p.width <= t.width) {
    return {data + (p.crop_y * t.width + p.crop_x) * bands, t.width * bands};
  }
  copy.assign(static_cast<size_t>(p.height * p.width * bands), outside);
  const int64_t y0 = std::max<int64_t>(p.crop_y, 0), y1 = std::min(p.crop_y + p.height, t.height);
  const int64_t x0 = std::max<int64_t>(p.crop_x, 0), x1 = std::min(p.crop_x + p.width, t.width);
  for (int64_t y = y0; y < y1 && x0 < x1; ++y) {
    std::memcpy(copy.data() + ((y - p.crop_y) * p.width + x0 - p.crop_x) * bands, data + (y * t.width + x0) * bands,
                static_cast<size_t>((x1 - x0) * bands));
  }
  return {copy.data(), p.width * bands};
}

}  // namespace

int64_t crop_start(Random& random, int64_t tile, int64_t crop) {
  if (tile >= crop) return random.integer(0, tile - crop);
  return -random.integer(0, crop - tile);
}

AugmentPlan identity_plan(int64_t height, int64_t width) {
  AugmentPlan p;
  p.height = height;
  p.width = width;
  return p;
}

AugmentPlan draw_plan(const Augmentation& a, uint64_t seed, int64_t epoch, int64_t index, int64_t tile_height,
                      int64_t tile_width, int64_t crop) {
  Random random(seed, kStream, epoch, index);
  AugmentPlan p = identity_plan(crop ? crop : tile_height, crop ? crop : tile_width);
  p.crop_y = crop_start(random, tile_height, p.height);
  p.crop_x = crop_start(random, tile_width, p.width);
  p.hsv = random.chance(a.probability);
  p.hue = static_cast<int>(random.integer(-a.hue, a.hue));
  // OpenCV's add rounds the number to a whole one before it adds.
  p.saturation = static_cast<int>(std::rint(random.uniform(-a.saturation, a.saturation)));
  p.value = static_cast<int>(std::rint(random.uniform(-a.value, a.value)));
  p.warp = random.chance(a.probability);
  draw_warp(a, random, p);
  p.flip_x = random.chance(a.probability);
  p.flip_y = random.chance(a.probability);
  p.turn = random.chance(a.probability) && p.height == p.width;
  return p;
}

template <class T>
NormaliseTables<T>::NormaliseTables(const InputSpec& spec) {
  for (const auto& from : normalisation_tables(spec)) {
    auto& to = bands.emplace_back();
    for (size_t v = 0; v < 256; ++v) to[v] = T(from[v]);
  }
}

template <class T>
void apply_plan(const AugmentPlan& p, const Tile& t, int classes, const NormaliseTables<T>& tables, T* image,
                uint8_t* target, AugmentScratch& s, uint8_t* weight) {
  PPL_CHECK(static_cast<size_t>(t.bands) == tables.bands.size(), "augment: a tile of ", t.bands, " bands, expected ",
            tables.bands.size());
  const PixelView map = weight ? crop_view(p, t, t.weight, 1, 0, s.weight) : PixelView();
  augment_tile(p, crop_view(p, t, t.image, t.bands, 0, s.image), crop_view(p, t, t.mask, 1, 255, s.mask), map, t.bands,
               classes, tables.bands.data(), image, target, weight, s);
}

int64_t copy_crop(const AugmentPlan& p, const Tile& t, int classes, uint8_t* image, uint8_t* mask, uint8_t* weight,
                  AugmentScratch& s) {
  const auto copy = [&](const uint8_t* from, int bands, uint8_t outside, std::vector<uint8_t>& padded, uint8_t* to) {
    const PixelView v = crop_view(p, t, from, bands, outside, padded);
    const int64_t row = p.width * bands;
    for (int64_t y = 0; y < p.height; ++y) std::memcpy(to + y * row, v.data + y * v.stride, static_cast<size_t>(row));
  };
  copy(t.image, t.bands, 0, s.image, image);
  copy(t.mask, 1, 255, s.mask, mask);
  if (weight) copy(t.weight, 1, 0, s.weight, weight);
  return (p.height * p.width - count_ignored(p, {mask, p.width}, s)) * classes;
}

template struct NormaliseTables<float>;
template struct NormaliseTables<bf16>;
template void apply_plan(const AugmentPlan&, const Tile&, int, const NormaliseTables<float>&, float*, uint8_t*,
                         AugmentScratch&, uint8_t*);
template void apply_plan(const AugmentPlan&, const Tile&, int, const NormaliseTables<bf16>&, bf16*, uint8_t*,
                         AugmentScratch&, uint8_t*);

}  // namespace ppl
