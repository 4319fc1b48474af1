// Road lines from a mask: cleaning, thinning, tracing, pruning, closing gaps, simplifying. Lengths in pixels.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "io/geometry/bit_image.h"
#include "io/vectorize/roads/road_graph.h"

namespace ppl {

struct RoadOptions {
  int closing = 2;           // radius of the disc that closes cracks
  int64_t min_object = 300;  // pixels; smaller blobs are dropped
  int64_t min_hole = 300;    // pixels; smaller holes are filled
  // Junctions joined by an edge that is shorter, or shorter than the road is wide there, become one.
  double merge = 8;
  // Dead ends at a junction that are shorter, or shorter than 1.5 times the road's half width there, are dropped,
  // unless they run to the border.
  double spur = 10;
  double min_length = 20;  // connected pieces of less length in all are dropped
  double gap = 20;         // dead ends this near to one another, or to another road ahead of them, are joined
  double far_gap = 60;     // and dead ends this near that point at one another
  double angle = 20;       // degrees that these may be off
  double simplify = 2;     // tolerance of Douglas and Peucker

  void check() const;  // Error naming what is negative, not a number or out of range
};

// Simplified lines in the mask's pixels, from junction to junction; inside [0, width] x [0, height]. No segment comes
// twice (ends equal to a tenth of a pixel), no two points of a line are the same. Deterministic.
std::vector<Line> roads_from_mask(BitImage mask, const RoadOptions&);

// The same with how wide the road is along each line: the median over its pixels; not a number where there is no road
// beneath (a gap that was closed).
struct TracedRoads {
  std::vector<Line> lines;
  std::vector<double> widths;
};
TracedRoads traced_roads(BitImage mask, const RoadOptions&);

// The steps on a road graph, also used alone.
using LengthLimit = std::function<double(Point)>;
using SpurKept = std::function<bool(Point, Point)>;

// limit: what is shorter becomes a point, by its middle.
void merge_junctions(RoadGraph&, const LengthLimit& limit);
// limit: what is shorter goes, by the place of its junction; kept(dead end, junction): what stays whatever its length.
void prune_spurs(RoadGraph&, const LengthLimit& limit, const SpurKept& kept);
void dissolve_all(RoadGraph&);
void drop_short_pieces(RoadGraph&, double shorter_than);
// border: dead ends there are left alone.
void close_gaps(RoadGraph&, const RoadOptions&, const std::function<bool(Point)>& border);
// Simplified, without segments that come twice.
std::vector<Line> graph_lines(const RoadGraph&, double tolerance);

}  // namespace ppl
