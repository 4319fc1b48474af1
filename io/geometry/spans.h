// Which pixels a shape covers, as runs of pixels in rows. A pixel is covered when its centre is; (0, 0) is the outer
// corner of the first pixel, whose centre is (0.5, 0.5).
#pragma once

#include <cstdint>
#include <vector>

#include "io/geometry/box.h"

namespace ppl {

// Columns [begin, end) of a row, within the image.
struct Span {
  int32_t row, begin, end;
  bool operator==(const Span&) const = default;
};

struct Extent {
  int32_t height, width;
};

// From steps in pixels to steps on the ground in metres: east = xx column + xy row, north = yx column + yy row.
struct GroundScale {
  double xx = 1, xy = 0, yx = 0, yy = 1;

  Point operator()(Point p) const { return {xx * p.x + xy * p.y, yx * p.x + yy * p.y}; }
  double area() const { return std::abs(xx * yy - xy * yx); }  // square metres of a pixel
  // How far a disc of `radius` metres reaches in pixels, to the right and down.
  Point reach(double radius) const;
};

// All points within `radius` metres of the segment a-b (pixels): its ends are round. Appends at most one span a row.
void cover_capsule(Point a, Point b, double radius, const GroundScale& scale, Extent extent, std::vector<Span>& out);

// What lies inside an odd number of the rings (pixels; closed by themselves). A centre on an outline counts as GDAL
// counts it: on the right-hand side of a shape it is inside, on the left it is not.
class PolygonFiller {
 public:
  void cover(const std::vector<Line>& rings, Extent extent, std::vector<Span>& out);

 private:
  struct Crossing {
    int32_t row;
    double x;
  };
  std::vector<Crossing> crossings_;
};

bool inside(Point p, const Line& ring);

// Square metres inside an odd number of the rings, which must not cross one another.
double ground_area(const std::vector<Line>& rings, const GroundScale& scale);

}  // namespace ppl
