// Points and lines of an image or of the earth.
#pragma once

#include <cmath>
#include <vector>

namespace ppl {

// In images: x to the right, y down, in pixels; (0, 0) is the outer corner of the first pixel, whose centre is
// (0.5, 0.5).
struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

inline Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
inline Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
inline Point operator*(Point a, double k) { return {a.x * k, a.y * k}; }
inline double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
inline double cross(Point a, Point b) { return a.x * b.y - a.y * b.x; }
inline double length(Point a) { return std::sqrt(dot(a, a)); }
inline double distance(Point a, Point b) { return length(a - b); }

// The point of the segment a-b that is nearest to p.
inline Point nearest_on_segment(Point p, Point a, Point b) {
  const Point d = b - a;
  const double square = dot(d, d);
  const double t = square > 0 ? dot(p - a, d) / square : 0;
  return t <= 0 ? a : t >= 1 ? b : a + d * t;
}

using Line = std::vector<Point>;

inline double line_length(const Line& line) {
  double sum = 0;
  for (size_t i = 1; i < line.size(); ++i) sum += distance(line[i - 1], line[i]);
  return sum;
}

}  // namespace ppl
