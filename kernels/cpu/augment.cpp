#include "kernels/augment.h"

#include <algorithm>
#include <cstdlib>

#include "kernels/cpu/parallel.h"
#include "kernels/ignored.h"

namespace ppl {
namespace {

// Flips and turn as a walk through the source: result (i, j) is at first + i down + j right.
struct Walk {
  const uint8_t* first;
  int64_t down, right;
  int64_t height, width;  // of the result
};

Walk walk_of(const AugmentPlan& p, PixelView v, int bands) {
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
void normalise(const Walk& w, int some_bands, const std::array<T, 256>* table, T* out) {
  const int bands = Bands > 0 ? Bands : some_bands;
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
      for (int c = 1; c <= classes; ++c) *to++ = *from == kIgnored ? kIgnored : *from == c;
    }
  });
}

template <class T>
void normalise(const Walk& w, int bands, const std::array<T, 256>* tables, T* image) {
  switch (bands) {
    case 3:
      return normalise<3>(w, bands, tables, image);
    case 4:
      return normalise<4>(w, bands, tables, image);
    default:
      return normalise<0>(w, bands, tables, image);
  }
}

// The map of weights goes where the mask goes.
void move_map(const AugmentPlan& p, PixelView map, uint8_t* out, AugmentScratch& s) {
  constexpr int kNearest = 254;  // masks of several classes are not mixed
  if (p.warp) {
    s.warped_weight.resize(static_cast<size_t>(p.height * p.width));
    warp_mask(map.data, map.stride, s.warped_weight.data(), p, kNearest, s);
    map = {s.warped_weight.data(), p.width};
  }
  write_target(walk_of(p, map, 1), 1, out);
}

}  // namespace

template <class T>
void augment_tile(const AugmentPlan& p, PixelView pixels, PixelView mask, PixelView map, int bands, int classes,
                  const std::array<T, 256>* tables, T* image, uint8_t* target, uint8_t* moved_map, AugmentScratch& s) {
  if (p.hsv && bands == 3) {
    s.image.resize(static_cast<size_t>(p.height * p.width * 3));
    hsv_shift(pixels.data, pixels.stride, s.image.data(), p.height, p.width, p.hue, p.saturation, p.value);
    pixels = {s.image.data(), p.width * 3};
  }
  if (p.warp) {
    s.warped.resize(static_cast<size_t>(p.height * p.width * bands));
    warp_image(pixels.data, pixels.stride, s.warped.data(), p, bands, s);
    pixels = {s.warped.data(), p.width * bands};
    s.warped_mask.resize(static_cast<size_t>(p.height * p.width));
    warp_mask(mask.data, mask.stride, s.warped_mask.data(), p, classes, s);
    mask = {s.warped_mask.data(), p.width};
  }
  normalise(walk_of(p, pixels, bands), bands, tables, image);
  write_target(walk_of(p, mask, 1), classes, target);
  if (moved_map) move_map(p, map, moved_map, s);
}

void pixel_weights(int64_t pixels, int classes, double map, const uint8_t* moved_map, const double* foreground,
                   const uint8_t* target, float* weight) {
  for (int64_t p = 0; p < pixels; ++p) {
    const double here = moved_map ? 1 + map * moved_map[p] / 255 : 1;
    for (int c = 0; c < classes; ++c, ++target, ++weight) {
      const bool raised = foreground && *target == 1;
      *weight = static_cast<float>(raised ? here * foreground[c] : here);
    }
  }
}

int64_t count_ignored(const AugmentPlan& p, PixelView mask, AugmentScratch& s) {
  constexpr int kNearest = 254;
  if (p.warp) {
    s.warped_mask.resize(static_cast<size_t>(p.height * p.width));
    warp_mask(mask.data, mask.stride, s.warped_mask.data(), p, kNearest, s);
    mask = {s.warped_mask.data(), p.width};
  }
  int64_t count = 0;
  for (int64_t y = 0; y < p.height; ++y)
    count += std::count(mask.data + y * mask.stride, mask.data + y * mask.stride + p.width, kIgnored);
  return count;
}

template <class T>
void augment(CpuContext&, const Augment& a, const AugmentPlan* plans, const uint8_t* crops, const uint8_t* masks,
             const uint8_t* maps, const float* tables, const double* foreground, T* images, uint8_t* targets,
             float* weights) {
  std::vector<std::array<T, 256>> rounded(static_cast<size_t>(a.bands));
  for (size_t b = 0; b < rounded.size(); ++b)
    for (size_t v = 0; v < 256; ++v) rounded[b][v] = T(tables[256 * b + v]);
  const int64_t pixels = a.height * a.width;
  parallel_for(a.n, 1, [&](int64_t begin, int64_t end) {
    AugmentScratch scratch;
    std::vector<uint8_t> moved(maps ? static_cast<size_t>(pixels) : 0);
    for (int64_t k = begin; k < end; ++k) {
      uint8_t* target = targets + k * pixels * a.classes;
      augment_tile(plans[k], {crops + k * pixels * a.bands, a.width * a.bands}, {masks + k * pixels, a.width},
                   {maps ? maps + k * pixels : nullptr, a.width}, a.bands, a.classes, rounded.data(),
                   images + k * pixels * a.bands, target, maps ? moved.data() : nullptr, scratch);
      if (weights)
        pixel_weights(pixels, a.classes, a.map, maps ? moved.data() : nullptr, foreground, target,
                      weights + k * pixels * a.classes);
    }
  });
}

#define PPL_INSTANTIATE(T)                                                                                             \
  template void augment_tile(const AugmentPlan&, PixelView, PixelView, PixelView, int, int, const std::array<T, 256>*, \
                             T*, uint8_t*, uint8_t*, AugmentScratch&);                                                 \
  template void augment(CpuContext&, const Augment&, const AugmentPlan*, const uint8_t*, const uint8_t*,               \
                        const uint8_t*, const float*, const double*, T*, uint8_t*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
