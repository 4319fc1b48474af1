// The warp scales and shifts along the axes, so the source of column x depends on x alone: columns are looked up in a
// table, rows are mixed first and columns after. In integers this equals OpenCV's sum of four products.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/augment.h"

namespace ppl {
namespace {

constexpr int64_t kMargin = 2;  // zero pixels at either end of a mixed row

// Where x of the result lies in the source, in pixels.
double source_of(int64_t x, int64_t size, float low, float high) {
  return (static_cast<double>(x) - low) * static_cast<double>(size) / (static_cast<double>(high) - low);
}

int64_t source_32nds(int64_t x, int64_t size, float low, float high) {
  return static_cast<int64_t>(std::rint(source_of(x, size, low, high) * 32.0));
}

// Offsets into a mixed row with its margins, and the weight (of 32) of the pixel to the right.
void make_columns(const AugmentPlan& p, int bands, AugmentScratch& scratch) {
  scratch.columns.resize(static_cast<size_t>(p.width));
  scratch.column_weights.resize(static_cast<size_t>(p.width));
  for (int64_t x = 0; x < p.width; ++x) {
    const int64_t at = source_32nds(x, p.width, p.x0, p.x1);
    const int64_t column = std::clamp(at >> 5, -kMargin, p.width);
    scratch.columns[static_cast<size_t>(x)] = static_cast<int32_t>((column + kMargin) * bands);
    scratch.column_weights[static_cast<size_t>(x)] = static_cast<int32_t>(at & 31);
  }
  scratch.row.assign(static_cast<size_t>((p.width + 2 * kMargin) * bands), 0);
}

// The source row's mixture (32 times the value) for row y of the result, read through Value; false if it is all
// outside.
template <class Value>
bool mix_rows(const uint8_t* src, int64_t src_stride, const AugmentPlan& p, int64_t y, int64_t n, uint16_t* out,
              Value value) {
  const int64_t at = source_32nds(y, p.height, p.y0, p.y1), row = at >> 5;
  const int lower = static_cast<int>(at & 31), upper = 32 - lower;
  const bool has_upper = row >= 0 && row < p.height, has_lower = row + 1 >= 0 && row + 1 < p.height;
  const uint8_t* a = has_upper ? src + row * src_stride : nullptr;
  const uint8_t* b = has_lower ? src + (row + 1) * src_stride : nullptr;
  if (has_upper && has_lower) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<uint16_t>(upper * value(a[i]) + lower * value(b[i]));
  } else if (has_upper) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<uint16_t>(upper * value(a[i]));
  } else if (has_lower) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<uint16_t>(lower * value(b[i]));
  }
  return has_upper || has_lower;
}

// bands: known to the compiler where Bands > 0
template <int Bands>
void mix_columns(const AugmentScratch& s, int64_t width, int some_bands, uint8_t* dst) {
  const int bands = Bands > 0 ? Bands : some_bands;
  const uint16_t* row = s.row.data();
  const int32_t* columns = s.columns.data();
  const int32_t* weights = s.column_weights.data();
  for (int64_t x = 0; x < width; ++x) {
    const uint16_t* p = row + columns[x];
    const int right = weights[x], left = 32 - right;
    for (int b = 0; b < bands; ++b) {
      dst[x * bands + b] = static_cast<uint8_t>((p[b] * left + p[b + bands] * right + 512) >> 10);
    }
  }
}

void mix_columns(const AugmentScratch& s, int64_t width, int bands, uint8_t* dst) {
  switch (bands) {
    case 3:
      return mix_columns<3>(s, width, bands, dst);
    case 4:
      return mix_columns<4>(s, width, bands, dst);
    default:
      return mix_columns<0>(s, width, bands, dst);
  }
}

bool has_ignored(const uint8_t* src, int64_t src_stride, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; ++y) {
    if (std::memchr(src + y * src_stride, 255, static_cast<size_t>(width))) return true;
  }
  return false;
}

// Calls set(result index, source value) for every pixel whose nearest source pixel is inside.
template <class Set>
void for_nearest(const uint8_t* src, int64_t src_stride, const AugmentPlan& p, std::vector<int32_t>& columns,
                 Set&& set) {
  columns.resize(static_cast<size_t>(p.width));
  for (int64_t x = 0; x < p.width; ++x) {
    const double at = std::rint(source_of(x, p.width, p.x0, p.x1));
    columns[static_cast<size_t>(x)] = at >= 0 && at < static_cast<double>(p.width) ? static_cast<int32_t>(at) : -1;
  }
  for (int64_t y = 0; y < p.height; ++y) {
    const double row = std::rint(source_of(y, p.height, p.y0, p.y1));
    if (!(row >= 0 && row < static_cast<double>(p.height))) continue;
    const uint8_t* from = src + static_cast<int64_t>(row) * src_stride;
    for (int64_t x = 0; x < p.width; ++x) {
      const int32_t column = columns[static_cast<size_t>(x)];
      if (column >= 0) set(y * p.width + x, from[column]);
    }
  }
}

}  // namespace

void warp_image(const uint8_t* src, int64_t src_stride, uint8_t* dst, const AugmentPlan& p, int bands,
                AugmentScratch& scratch) {
  make_columns(p, bands, scratch);
  const int64_t n = p.width * bands;
  for (int64_t y = 0; y < p.height; ++y) {
    uint8_t* out = dst + y * n;
    if (mix_rows(src, src_stride, p, y, n, scratch.row.data() + kMargin * bands, [](uint8_t v) { return v; })) {
      mix_columns(scratch, p.width, bands, out);
    } else {
      std::memset(out, 0, static_cast<size_t>(n));
    }
  }
}

void warp_mask(const uint8_t* src, int64_t src_stride, uint8_t* dst, const AugmentPlan& p, int classes,
               AugmentScratch& scratch) {
  if (classes > 1) {
    std::memset(dst, 0, static_cast<size_t>(p.height * p.width));
    for_nearest(src, src_stride, p, scratch.columns, [&](int64_t at, uint8_t v) { dst[at] = v; });
    return;
  }
  make_columns(p, 1, scratch);
  const auto foreground = [](uint8_t v) { return static_cast<uint8_t>(v == 1); };
  const uint16_t* row = scratch.row.data();
  for (int64_t y = 0; y < p.height; ++y) {
    uint8_t* out = dst + y * p.width;
    if (!mix_rows(src, src_stride, p, y, p.width, scratch.row.data() + kMargin, foreground)) {
      std::memset(out, 0, static_cast<size_t>(p.width));
      continue;
    }
    for (int64_t x = 0; x < p.width; ++x) {
      const int32_t at = scratch.columns[static_cast<size_t>(x)];
      const int right = scratch.column_weights[static_cast<size_t>(x)];
      // 512 of 1024 is a half; on 0/255 masks this is OpenCV's result >= 128.
      out[x] = row[at] * (32 - right) + row[at + 1] * right >= 512;
    }
  }
  if (has_ignored(src, src_stride, p.height, p.width)) {
    for_nearest(src, src_stride, p, scratch.columns, [&](int64_t at, uint8_t v) {
      if (v == 255) dst[at] = 255;
    });
  }
}

}  // namespace ppl
