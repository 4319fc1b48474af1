#include "io/geometry/thick_line.h"

#include <array>
#include <cmath>
#include <utility>

namespace ppl {
namespace {

// Coordinates of the outline of a thick line have 16 bits behind the point; whole numbers are the pixels' centres.
constexpr int kBits = 16;
constexpr int64_t kOne = int64_t{1} << kBits, kHalf = kOne / 2;

int64_t rounded(int64_t fixed) { return (fixed + kHalf) >> kBits; }

// cv::line rounds quotients towards zero, of products that can be larger than 64 bits.
int64_t part(int64_t a, int64_t b, int64_t c) { return static_cast<int64_t>(static_cast<__int128>(a) * b / c); }

struct Canvas {
  Extent extent;
  std::vector<Span>& out;

  // Columns first to last, both drawn.
  void row(int64_t y, int64_t first, int64_t last) const {
    if (y < 0 || y >= extent.height) return;
    first = std::max<int64_t>(first, 0);
    last = std::min<int64_t>(last, extent.width - 1);
    if (first > last) return;
    out.push_back({static_cast<int32_t>(y), static_cast<int32_t>(first), static_cast<int32_t>(last + 1)});
  }
  void pixel(int64_t x, int64_t y) const { row(y, x, x); }
};

// Cuts the segment to columns [0, right] and rows [0, bottom], rows first; the order decides how ends are rounded.
// False where nothing is left.
bool clip(int64_t right, int64_t bottom, Pixel& a, Pixel& b) {
  const auto beyond = [](int64_t v, int64_t limit) { return v < 0 ? -1 : v > limit ? 1 : 0; };
  const auto same_side = [&] {
    const int ax = beyond(a.x, right), bx = beyond(b.x, right), ay = beyond(a.y, bottom), by = beyond(b.y, bottom);
    return (ax != 0 && ax == bx) || (ay != 0 && ay == by);
  };
  const auto cut_rows = [&](Pixel& p) {
    const int side = beyond(p.y, bottom);
    if (side == 0) return;
    const int64_t y = side < 0 ? 0 : bottom;
    p.x += part(y - p.y, b.x - a.x, b.y - a.y);
    p.y = y;
  };
  const auto cut_columns = [&](Pixel& p) {
    const int side = beyond(p.x, right);
    if (side == 0) return;
    const int64_t x = side < 0 ? 0 : right;
    p.y += part(x - p.x, b.y - a.y, b.x - a.x);
    p.x = x;
  };
  if (same_side()) return false;
  cut_rows(a);
  cut_rows(b);
  if (same_side()) return false;
  cut_columns(a);
  cut_columns(b);
  return beyond(a.x, right) == 0 && beyond(b.x, right) == 0 && beyond(a.y, bottom) == 0 && beyond(b.y, bottom) == 0;
}

// Bresenham's line from its left end, or from the upper one of two above each other.
void thin_line(const Canvas& canvas, Pixel a, Pixel b) {
  if (!clip(canvas.extent.width - 1, canvas.extent.height - 1, a, b)) return;
  if (b.x < a.x) std::swap(a, b);
  const int64_t dx = b.x - a.x, dy = std::abs(b.y - a.y), down = b.y < a.y ? -1 : 1;
  const bool steep = dy > dx;
  const int64_t far = std::max(dx, dy), near = std::min(dx, dy);
  int64_t error = far - 2 * near;
  for (int64_t i = 0; i <= far; ++i) {
    canvas.pixel(a.x, a.y);
    const bool both = error < 0;
    error += (both ? 2 * far : 0) - 2 * near;
    if (steep || both) a.y += down;
    if (!steep || both) ++a.x;
  }
}

// A side of the outline, of fixed-point ends: one pixel for each step along the longer axis, and its last point.
void outline_side(const Canvas& canvas, Pixel a, Pixel b) {
  if (!clip((int64_t{canvas.extent.width} << kBits) - 1, (int64_t{canvas.extent.height} << kBits) - 1, a, b)) return;
  const bool flat = std::abs(b.x - a.x) > std::abs(b.y - a.y);
  if (flat ? b.x < a.x : b.y < a.y) std::swap(a, b);
  const int64_t dx = b.x - a.x, dy = b.y - a.y;
  canvas.pixel(rounded(b.x), rounded(b.y));
  Pixel at{a.x + kHalf, a.y + kHalf};
  if (flat) {
    const int64_t step = dy * kOne / (dx | 1);
    for (int64_t i = 0; i <= dx >> kBits; ++i, at.y += step) canvas.pixel((at.x >> kBits) + i, at.y >> kBits);
  } else {
    const int64_t step = dx * kOne / (dy | 1);
    for (int64_t i = 0; i <= dy >> kBits; ++i, at.x += step) canvas.pixel(at.x >> kBits, (at.y >> kBits) + i);
  }
}

using Corners = std::array<Pixel, 4>;  // fixed point, one after the other around

// One of the two chains of sides from the top to the bottom, row by row; x is taken where a corner's row begins.
class Chain {
 public:
  Chain(const Corners& corners, size_t top, size_t turn) : corners_(corners), at_(top), turn_(turn) {}

  // x of the chain in `row`, fixed point; rows must be asked for from the top on, each above the bottom corner's.
  int64_t x(int64_t row) {
    while (row >= end_) {
      const Pixel from = corners_[at_];
      at_ = (at_ + turn_) % corners_.size();
      const Pixel to = corners_[at_];
      end_ = rounded(to.y);
      if (end_ <= row) continue;
      begin_ = rounded(from.y);
      start_ = from.x;
      const int64_t rows = end_ - begin_;
      step_ = ((to.x - from.x) * 2 + rows) / (2 * rows);
    }
    return start_ + (row - begin_) * step_;
  }

 private:
  const Corners& corners_;
  size_t at_, turn_;
  int64_t begin_ = 0, end_ = std::numeric_limits<int64_t>::min(), start_ = 0, step_ = 0;
};

void fill(const Canvas& canvas, const Corners& corners) {
  size_t top = 0;
  int64_t last = rounded(corners[0].y);
  for (size_t i = 1; i < corners.size(); ++i) {
    if (corners[i].y < corners[top].y) top = i;
    last = std::max(last, rounded(corners[i].y));
  }
  Chain one(corners, top, 1), other(corners, top, corners.size() - 1);
  // The lowest row is left to the outline.
  const int64_t end = std::min<int64_t>(last, canvas.extent.height);
  for (int64_t row = std::max<int64_t>(rounded(corners[top].y), 0); row < end; ++row) {
    const int64_t a = one.x(row), b = other.x(row);
    canvas.row(row, rounded(std::min(a, b)), rounded(std::max(a, b)));
  }
}

// The circle of whole-numbered radius by the midpoint rule, with what lies in it.
void disc(const Canvas& canvas, Pixel centre, int64_t radius) {
  int64_t error = 0, grow = 1, shrink = 2 * radius - 1;
  for (int64_t wide = radius, high = 0; wide >= high;) {
    for (const int64_t side : {-1, 1}) {
      canvas.row(centre.y + side * high, centre.x - wide, centre.x + wide);
      canvas.row(centre.y + side * wide, centre.x - high, centre.x + high);
    }
    ++high;
    error += grow;
    grow += 2;
    if (error > 0) {
      error -= shrink;
      shrink -= 2;
      --wide;
    }
  }
}

}  // namespace

void cover_thick_line(Pixel a, Pixel b, int thickness, Extent extent, std::vector<Span>& out) {
  const Canvas canvas{extent, out};
  if (thickness <= 1) return thin_line(canvas, a, b);
  const auto dx = static_cast<double>(a.x - b.x), dy = static_cast<double>(b.y - a.y);
  const double square = dx * dx + dy * dy;
  if (square > 0) {
    // Half the thickness; an odd one is half a pixel more.
    const double half = static_cast<double>(thickness * kHalf) + (thickness & 1) * static_cast<double>(kHalf);
    const double scale = half / std::sqrt(square);
    const int64_t across_x = std::llrint(dy * scale), across_y = std::llrint(dx * scale);
    const Pixel p{a.x * kOne, a.y * kOne}, q{b.x * kOne, b.y * kOne};
    const Corners corners{{{p.x + across_x, p.y + across_y},
                           {p.x - across_x, p.y - across_y},
                           {q.x - across_x, q.y - across_y},
                           {q.x + across_x, q.y + across_y}}};
    for (size_t i = 0; i < 4; ++i) outline_side(canvas, corners[(i + 3) % 4], corners[i]);
    fill(canvas, corners);
  }
  const int64_t radius = rounded(thickness * kHalf);
  disc(canvas, a, radius);
  disc(canvas, b, radius);
}

}  // namespace ppl
