// Building polygons from a mask. Lengths in pixels.
#pragma once

#include <cstdint>
#include <vector>

#include "io/geometry/bit_image.h"
#include "io/geometry/polygon.h"

namespace ppl {

struct BuildingOptions {
  int closing = 0;          // radius of the disc that closes cracks
  int64_t min_area = 20;    // pixels; smaller objects are dropped
  int64_t min_hole = 20;    // pixels; smaller holes are filled
  double simplify = 1.5;    // tolerance of Douglas and Peucker
  bool square = false;      // right angles, where the polygon allows it
  double angle = 25;        // degrees by which a side may be turned for that
  double least_iou = 0.85;  // of the squared polygon with the simplified one

  void check() const;  // Error naming what is out of range
};

// Valid polygons in the mask's pixels, in row order of their first pixels: a polygon that simplification would let
// cross itself is simplified less, and one whose squared form differs too much stays as simplified. With `square`
// discs become regular polygons. Buildings that would overlap their neighbours or touch them beside common corners are
// simplified less, and not squared, both.
std::vector<Polygon> buildings_from_mask(BitImage mask, const BuildingOptions&);

// One polygon. Also used alone.
Polygon simplified_polygon(const Polygon&, double tolerance);
Polygon squared_polygon(const Polygon&, const BuildingOptions&);

}  // namespace ppl
