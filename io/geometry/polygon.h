// Polygons with holes, and the ones that a mask's objects are.
#pragma once

#include <cstdint>
#include <vector>

#include "io/geometry/bit_image.h"
#include "io/geometry/point.h"

namespace ppl {

// Rings stand without their first point again at the end.
struct Polygon {
  Line outer;
  std::vector<Line> holes;
  bool operator==(const Polygon&) const = default;
};

// Positive where the ring runs clockwise in an image (y down).
double signed_area(const Line& ring);
double area(const Polygon&);  // the outer ring's less the holes'

// One polygon for each object (4 neighbours) of at least `least` pixels, in row order of their first pixels. Rings run
// along the sides of pixels, the outer one clockwise, holes the other way; none touches itself, two may touch at
// points, so that every polygon is valid as the OGC has it. Its area is the number of its pixels.
std::vector<Polygon> trace_polygons(const BitImage&, int64_t least = 1);

}  // namespace ppl
