#include "io/geometry/spans.h"

#include <cmath>

namespace ppl {
namespace {

// Numbers t with from <= t <= to.
struct Interval {
  double from = -std::numeric_limits<double>::infinity(), to = -from;

  bool empty() const { return !(from <= to); }
  void join(const Interval& o) {
    if (empty()) {
      *this = o;
    } else if (!o.empty()) {
      from = std::min(from, o.from);
      to = std::max(to, o.to);
    }
  }
  // Keeps only the t with low <= slope t + offset <= high.
  void restrict_to(double slope, double offset, double low, double high) {
    if (slope == 0) {
      if (offset < low || offset > high) *this = nothing();
      return;
    }
    double a = (low - offset) / slope, b = (high - offset) / slope;
    if (a > b) std::swap(a, b);
    from = std::max(from, a);
    to = std::min(to, b);
  }
  static Interval nothing() { return {1, 0}; }
};

// The t for which |start + t step| <= radius.
Interval within_disc(Point start, Point step, double radius) {
  const double a = dot(step, step), b = dot(start, step), c = dot(start, start) - radius * radius;
  const double square = b * b - a * c;
  if (square < 0) return Interval::nothing();
  const double root = std::sqrt(square);
  return {(-b - root) / a, (-b + root) / a};
}

// The first and last row (or column) whose centre lies in [from, to], within [0, count).
struct Range {
  int32_t begin, end;
};
Range centres_between(double from, double to, int32_t count) {
  // Clamped before they become whole numbers: coordinates may be anywhere.
  const double begin = std::clamp(std::ceil(from - 0.5), 0.0, static_cast<double>(count));
  const double end = std::clamp(std::floor(to - 0.5) + 1, 0.0, static_cast<double>(count));
  return {static_cast<int32_t>(begin), static_cast<int32_t>(end)};
}

}  // namespace

Point GroundScale::reach(double radius) const {
  const double determinant = area();
  return {radius * std::hypot(yy, xy) / determinant, radius * std::hypot(yx, xx) / determinant};
}

void cover_capsule(Point a, Point b, double radius, const GroundScale& scale, Extent extent, std::vector<Span>& out) {
  const Point reach = scale.reach(radius);
  const Range rows = centres_between(std::min(a.y, b.y) - reach.y, std::max(a.y, b.y) + reach.y, extent.height);
  if (std::max(a.x, b.x) + reach.x < 0 || std::min(a.x, b.x) - reach.x > extent.width) return;
  const Point step = scale({1, 0}), whole = scale(b - a);
  const double long_side = length(whole);
  const Point along = long_side > 0 ? whole * (1 / long_side) : Point{1, 0};
  for (int32_t row = rows.begin; row < rows.end; ++row) {
    // Ground positions of the row's points, as seen from a: start + t step at column a.x + t.
    const Point start = scale({0, row + 0.5 - a.y});
    Interval t = within_disc(start, step, radius);
    t.join(within_disc(start - whole, step, radius));
    if (long_side > 0) {
      Interval side;
      side.restrict_to(dot(along, step), dot(along, start), 0, long_side);
      side.restrict_to(cross(along, step), cross(along, start), -radius, radius);
      t.join(side);
    }
    if (t.empty()) continue;
    const Range columns = centres_between(a.x + t.from, a.x + t.to, extent.width);
    if (columns.begin < columns.end) out.push_back({row, columns.begin, columns.end});
  }
}

void PolygonFiller::cover(const std::vector<Line>& rings, Extent extent, std::vector<Span>& out) {
  crossings_.clear();
  for (const Line& ring : rings) {
    for (size_t i = 0; i < ring.size(); ++i) {
      Point a = ring[i], b = ring[i + 1 < ring.size() ? i + 1 : 0];
      if (a.y > b.y) std::swap(a, b);
      // Rows whose centre c has a.y <= c < b.y, so that a vertex on a row counts once.
      const double count = extent.height;
      const auto begin = static_cast<int32_t>(std::clamp(std::ceil(a.y - 0.5), 0.0, count));
      const auto end = static_cast<int32_t>(std::clamp(std::ceil(b.y - 0.5), 0.0, count));
      for (int32_t row = begin; row < end; ++row) {
        crossings_.push_back({row, a.x + (row + 0.5 - a.y) * (b.x - a.x) / (b.y - a.y)});
      }
    }
  }
  std::sort(crossings_.begin(), crossings_.end(),
            [](const Crossing& p, const Crossing& q) { return p.row != q.row ? p.row < q.row : p.x < q.x; });
  const auto column = [&](double x) {
    return static_cast<int32_t>(std::clamp(std::floor(x + 0.5), 0.0, static_cast<double>(extent.width)));
  };
  // Every row is crossed an even number of times, as rings are closed.
  for (size_t i = 0; i + 1 < crossings_.size(); i += 2) {
    const int32_t begin = column(crossings_[i].x), end = column(crossings_[i + 1].x);
    if (begin < end) out.push_back({crossings_[i].row, begin, end});
  }
}

bool inside(Point p, const Line& ring) {
  bool odd = false;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i], b = ring[i + 1 < ring.size() ? i + 1 : 0];
    if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) * (b.x - a.x) / (b.y - a.y)) odd = !odd;
  }
  return odd;
}

double ground_area(const std::vector<Line>& rings, const GroundScale& scale) {
  double sum = 0;
  for (const Line& ring : rings) {
    if (ring.empty()) continue;
    double twice = 0;
    for (size_t i = 0; i < ring.size(); ++i) {
      twice += cross(ring[i] - ring[0], ring[i + 1 < ring.size() ? i + 1 : 0] - ring[0]);
    }
    // The direction of a ring tells nothing in many files; how many others are around it does.
    bool hole = false;
    for (const Line& other : rings) hole ^= &other != &ring && inside(ring[0], other);
    sum += (hole ? -0.5 : 0.5) * std::abs(twice);
  }
  return sum * scale.area();
}

}  // namespace ppl
