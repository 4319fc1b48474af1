#include "io/augment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "engine/random.h"

namespace ppl {
namespace {

constexpr uint64_t kStream = 0x6175676d;  // keeps these numbers apart from the shuffle's

int64_t crop_start(Random& random, int64_t tile, int64_t crop) {
  if (tile >= crop) return random.integer(0, tile - crop);
  return -random.integer(0, crop - tile);
}

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

// Pixels of one plane or picture: rows are stride values apart.
struct View {
  const uint8_t* data;
  int64_t stride;
};

// The crop of a plane with `bands` values a pixel; copied, with what is outside of the tile filled, if it sticks out.
View crop_view(const AugmentPlan& p, const Tile& t, const uint8_t* data, int bands, uint8_t outside,
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

// Flips and turn as a walk through the source: result (i, j) is at first + i down + j right.
struct Walk {
  const uint8_t* first;
  int64_t down, right;
  int64_t height, width;  // of the result
};

Walk walk_of(const AugmentPlan& p, View v, int bands) {
  const int64_t dy = p.flip_y ? -v.stride : v.stride, dx = p.flip_x ? -bands : bands;
  const uint8_t* first = v.data + (p.flip_y ? (p.height - 1) * v.stride : 0) + (p.flip_x ? (p.width - 1) * bands : 0);
  if (!p.turn) return {first, dy, dx, p.height, p.width};
  // Counter-clockwise: result (i, j) is flipped (j, width - 1 - i).
  return {first + (p.width - 1) * dx, -dx, dy, p.width, p.height};
}

// row(i, from, j, n): the result's pixels (i, j) to (i, j + n), the first of them at from. Whole rows, but for a turn,
// which walks down the source's columns and would meet each cache line once a row of the result: blocks then.
template <class Row>
void for_row_parts(const Walk& w, Row&& row) {
  const bool turned = std::abs(w.right) > std::abs(w.down);
  const int64_t rows = turned ? 24 : 1, columns = turned ? 32 : w.width;
  for (int64_t i0 = 0; i0 < w.height; i0 += rows) {
    for (int64_t j = 0; j < w.width; j += columns) {
      const int64_t n = std::min(columns, w.width - j);
      for (int64_t i = i0; i < std::min(i0 + rows, w.height); ++i) row(i, w.first + i * w.down + j * w.right, j, n);
    }
  }
}

// Bands > 0: known to the compiler
template <int Bands, class T>
void normalise(const Walk& w, const NormaliseTables<T>& tables, T* out) {
  const int bands = Bands > 0 ? Bands : static_cast<int>(tables.bands.size());
  const auto* table = tables.bands.data();
  for_row_parts(w, [&](int64_t i, const uint8_t* from, int64_t j, int64_t n) {
    T* to = out + (i * w.width + j) * bands;
    for (int64_t k = 0; k < n; ++k, from += w.right, to += bands) {
      for (int b = 0; b < bands; ++b) to[b] = table[b][from[b]];
    }
  });
}

void write_target(const Walk& w, int classes, uint8_t* out) {
  for_row_parts(w, [&](int64_t i, const uint8_t* from, int64_t j, int64_t n) {
    uint8_t* to = out + (i * w.width + j) * classes;
    for (int64_t k = 0; k < n; ++k, from += w.right) {
      if (classes == 1) {
        *to++ = *from;
        continue;
      }
      for (int c = 1; c <= classes; ++c) *to++ = *from == 255 ? 255 : *from == c;
    }
  });
}

// The map of weights goes where the mask goes.
void write_weight(const AugmentPlan& p, const Tile& t, uint8_t* out, AugmentScratch& s) {
  constexpr int kNearest = 254;  // masks of several classes are not mixed
  View map = crop_view(p, t, t.weight, 1, 0, s.weight);
  if (p.warp) {
    s.warped_weight.resize(static_cast<size_t>(p.height * p.width));
    warp_mask(map.data, map.stride, s.warped_weight.data(), p, kNearest, s);
    map = {s.warped_weight.data(), p.width};
  }
  write_target(walk_of(p, map, 1), 1, out);
}

}  // namespace

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
  View pixels = crop_view(p, t, t.image, t.bands, 0, s.image);
  if (p.hsv && t.bands == 3) {
    s.image.resize(static_cast<size_t>(p.height * p.width * 3));
    hsv_shift(pixels.data, pixels.stride, s.image.data(), p.height, p.width, p.hue, p.saturation, p.value);
    pixels = {s.image.data(), p.width * 3};
  }
  View mask = crop_view(p, t, t.mask, 1, 255, s.mask);
  if (p.warp) {
    s.warped.resize(static_cast<size_t>(p.height * p.width * t.bands));
    warp_image(pixels.data, pixels.stride, s.warped.data(), p, t.bands, s);
    pixels = {s.warped.data(), p.width * t.bands};
    s.warped_mask.resize(static_cast<size_t>(p.height * p.width));
    warp_mask(mask.data, mask.stride, s.warped_mask.data(), p, classes, s);
    mask = {s.warped_mask.data(), p.width};
  }
  const Walk walk = walk_of(p, pixels, t.bands);
  switch (t.bands) {
    case 3:
      normalise<3>(walk, tables, image);
      break;
    case 4:
      normalise<4>(walk, tables, image);
      break;
    default:
      normalise<0>(walk, tables, image);
  }
  write_target(walk_of(p, mask, 1), classes, target);
  if (weight) write_weight(p, t, weight, s);
}

template struct NormaliseTables<float>;
template struct NormaliseTables<bf16>;
template void apply_plan(const AugmentPlan&, const Tile&, int, const NormaliseTables<float>&, float*, uint8_t*,
                         AugmentScratch&, uint8_t*);
template void apply_plan(const AugmentPlan&, const Tile&, int, const NormaliseTables<bf16>&, bf16*, uint8_t*,
                         AugmentScratch&, uint8_t*);

}  // namespace ppl
