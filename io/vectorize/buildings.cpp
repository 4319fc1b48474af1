#include "io/vectorize/buildings.h"

#include <algorithm>

#include "io/geometry/shape.h"
#include "io/geometry/simplify.h"
#include "io/vectorize/square.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// Begins at the point farthest from the middle, most likely a corner of the building: simplification keeps the first
// point whatever it is.
Line from_a_corner(Line ring) {
  Point sum;
  for (const Point p : ring) sum = sum + p;
  const Point middle = sum * (1 / static_cast<double>(ring.size()));
  const auto farthest = std::max_element(ring.begin(), ring.end(),
                                         [&](Point a, Point b) { return distance(a, middle) < distance(b, middle); });
  std::rotate(ring.begin(), farthest, ring.end());
  return ring;
}

bool is_valid(const Polygon& polygon) { return polygon.outer.size() >= 3 && Shape({polygon}).fault().empty(); }

}  // namespace

void BuildingOptions::check() const {
  PPL_CHECK(closing >= 0 && closing <= 100, "closing: expected a radius of 0 to 100 pixels, got ", closing);
  PPL_CHECK(min_area >= 0 && min_hole >= 0, "areas must not be negative");
  PPL_CHECK(simplify >= 0 && simplify <= 1e6, "simplify: expected 0 to 1e6 pixels, got ", simplify);
  PPL_CHECK(angle >= 0 && angle <= 45, "angle: expected 0 to 45 degrees, got ", angle);
}

Polygon simplified_polygon(const Polygon& polygon, double tolerance) {
  for (; tolerance > 0.25; tolerance /= 2) {
    Polygon less{simplified_ring(from_a_corner(polygon.outer), tolerance), {}};
    for (const Line& hole : polygon.holes) {
      Line ring = simplified_ring(from_a_corner(hole), tolerance);
      if (ring.size() >= 3) less.holes.push_back(std::move(ring));
    }
    if (is_valid(less)) return less;
  }
  return polygon;
}

Polygon squared_polygon(const Polygon& polygon, const BuildingOptions& options) {
  const double shift = 4 * std::max(options.simplify, 1.0);  // cut corners come out that long
  Polygon square{squared(polygon.outer, options.angle, shift), {}};
  for (const Line& hole : polygon.holes) {
    Line ring = squared(hole, options.angle, shift);
    square.holes.push_back(ring.empty() ? hole : std::move(ring));
  }
  if (!is_valid(square) || shape_iou(Shape({square}), Shape({polygon})) < options.least_iou) return polygon;
  return square;
}

std::vector<Polygon> buildings_from_mask(BitImage mask, const BuildingOptions& options) {
  options.check();
  mask = closed(mask, options.closing);
  fill_small_holes(mask, options.min_hole);
  std::vector<Polygon> polygons = trace_polygons(mask, std::max<int64_t>(options.min_area, 1));
  for (Polygon& polygon : polygons) {
    polygon = simplified_polygon(polygon, options.simplify);
    if (options.square) polygon = squared_polygon(polygon, options);
  }
  return polygons;
}

}  // namespace ppl
