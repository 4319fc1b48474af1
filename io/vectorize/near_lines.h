// Lines near which a point may be, and the pieces of a line that are near none.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "io/geometry/box_index.h"
#include "io/geometry/point.h"

namespace ppl {

class NearLines {
 public:
  void add(const Line&, double reach);
  void build();  // once all are there
  // How far the nearest is among those within whose reach p lies, and its place; infinity where there is none. For one
  // thread.
  double nearest(Point p, Point& place) const;

 private:
  struct Segment {
    Point a, b;
    double reach;
  };
  std::vector<Segment> segments_;
  BoxIndex index_;
  mutable std::vector<uint32_t> found_;
};

// Points of the line, at most a pixel apart, its corners among them.
Line points_along(const Line&);

// The pieces that are within reach of none of the lines, drawn on to these where they come near; of at least that
// length.
std::vector<Line> missing_pieces(const Line&, const NearLines&, double shortest);

// Takes the end of a piece off where another has the same: roads that meet beside the map's both lead there.
class Ends {
 public:
  void keep_once(Line& piece);

 private:
  using Cell = std::array<int64_t, 2>;
  std::set<std::array<Cell, 2>> seen_;
};

}  // namespace ppl
