#include "io/vectorize/buildings.h"

#include <algorithm>
#include <set>

#include "io/geometry/node_lines.h"
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

namespace {

// From a building's best form (0) to how it was traced (kTraced).
constexpr int kTraced = 3;
Polygon form_of(const Polygon& traced, const BuildingOptions& options, int form) {
  if (form == kTraced) return traced;
  if (form == 0 && options.square && traced.holes.empty()) {
    if (const auto circle = circle_of(traced.outer, options.simplify)) return {*circle, {}};
  }
  const Polygon simple = simplified_polygon(traced, form == 2 ? options.simplify / 2 : options.simplify);
  return form == 0 && options.square ? squared_polygon(simple, options) : simple;
}

// Buildings whose sides meet those of another beside common corners.
std::set<size_t> meeting_neighbours(const std::vector<Polygon>& polygons) {
  std::vector<Line> rings;
  std::vector<size_t> owner;
  const auto add = [&](Line ring, size_t i) {
    ring.push_back(ring.front());
    rings.push_back(std::move(ring));
    owner.push_back(i);
  };
  for (size_t i = 0; i < polygons.size(); ++i) {
    add(polygons[i].outer, i);
    for (const Line& hole : polygons[i].holes) add(hole, i);
  }
  std::set<size_t> found;
  for (const Meeting& m : meetings(rings)) {
    const size_t a = owner[m.line[0]], b = owner[m.line[1]];
    if (a != b) found.insert({a, b});
  }
  return found;
}

}  // namespace

std::vector<Polygon> buildings_from_mask(BitImage mask, const BuildingOptions& options) {
  options.check();
  mask = closed(mask, options.closing);
  fill_small_holes(mask, options.min_hole);
  const std::vector<Polygon> traced = trace_polygons(mask, std::max<int64_t>(options.min_area, 1));
  std::vector<Polygon> polygons;
  for (const Polygon& polygon : traced) polygons.push_back(form_of(polygon, options, 0));
  std::vector<int> form(traced.size(), 0);
  for (int round = 0; round < kTraced; ++round) {
    for (const size_t i : meeting_neighbours(polygons)) {
      if (form[i] < kTraced) polygons[i] = form_of(traced[i], options, ++form[i]);
    }
  }
  return polygons;
}

}  // namespace ppl
