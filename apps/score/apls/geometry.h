// Points of the APLS metric: when two are one place, and how far apart they are. Bit for bit those of the reference.
#pragma once

#include <cstdint>

#include "io/geometry/point.h"

namespace ppl::score {

// The metric's lengths; the defaults are the reference's.
struct AplsParameters {
  double pixel = 0.31;  // metres
  double snap = 4;      // metres: how far a control point may be moved onto the other road graph
  double spacing = 50;  // metres between control points along a road
  // CosmiQ's flavour: roads get control points only where their length differs by this share or more from the diagonal
  // of their bounding box; 0: all roads.
  double curved = 0;

  double snap_pixels() const { return snap / pixel; }
  double spacing_pixels() const { return spacing / pixel; }
  double shortest_split() const { return 0.75 * spacing_pixels(); }  // pixels; shorter roads get no midpoint
};

// The nearest integer, ties upward; the ends of the range for what lies beyond it.
int64_t round_half_up(double value);

// Number of the cell of 0.1 x 0.1 pixels: 100000 rows a column, wrapped to 32 bits, so that far cells can share one.
int32_t cell_key(Point p);

// Within 0.1 pixels.
inline bool same_place(Point p, Point q) {
  const double dx = p.x - q.x, dy = p.y - q.y;
  return dx * dx + dy * dy < 1e-2;
}

// Pixels; sqrt(x^2 + y^2) by fdlibm's algorithm: other ways differ in the last bit, which decides ties between roads
// that lie on each other.
double fdlibm_distance(Point p, Point q);

}  // namespace ppl::score
