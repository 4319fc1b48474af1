// Boxes along the axes.
#pragma once

#include <algorithm>
#include <limits>

#include "io/geometry/point.h"

namespace ppl {

struct Box {
  double min_x = std::numeric_limits<double>::infinity(), min_y = min_x;
  double max_x = -min_x, max_y = -min_x;

  static Box around(Point p) { return {p.x, p.y, p.x, p.y}; }

  bool empty() const { return !(min_x <= max_x && min_y <= max_y); }
  void add(Point p) {
    min_x = std::min(min_x, p.x);
    min_y = std::min(min_y, p.y);
    max_x = std::max(max_x, p.x);
    max_y = std::max(max_y, p.y);
  }
  void add(const Box& b) {
    min_x = std::min(min_x, b.min_x);
    min_y = std::min(min_y, b.min_y);
    max_x = std::max(max_x, b.max_x);
    max_y = std::max(max_y, b.max_y);
  }
  Box grown(double margin) const { return {min_x - margin, min_y - margin, max_x + margin, max_y + margin}; }
  // Borders belong to the box.
  bool contains(Point p, double margin = 0) const {
    return !(p.x < min_x - margin || p.x > max_x + margin || p.y < min_y - margin || p.y > max_y + margin);
  }
  bool touches(const Box& b) const {
    return min_x <= b.max_x && b.min_x <= max_x && min_y <= b.max_y && b.min_y <= max_y;
  }
};

}  // namespace ppl
