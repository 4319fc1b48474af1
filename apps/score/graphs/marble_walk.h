// Marks at even distances along the roads around a place: the holes and marbles of Sat2Graph's TOPO.
#pragma once

#include <vector>

#include "apps/score/graphs/lat_lon_graph.h"

namespace ppl::score {

// A place on the edge a-b, and how far from its ends; all lengths are in degrees of latitude.
struct EdgePlace {
  LatLon at;
  int a = 0, b = 0;
  double to_a = 0, to_b = 0;
};

struct RoadMark {
  LatLon at;
  double north = 0, east = 0;  // the edge's direction
};

// Every `step` along edges that ways of at most `radius` lead to, counted from the place; on its own edge from b on. As
// the program does it: breadth first, an edge that is come to again is marked from where it was marked before, and
// edges that lead back to a or b are not followed. twice: each mark once more, 1e-5 degrees beside it.
std::vector<RoadMark> walk_marks(const LatLonGraph&, const EdgePlace&, double step, double radius, bool twice);

// How far apart two places are along the roads, if at most `most`; farther ones are infinitely far. The program counts
// the distance to a from both of the first one's ends.
double distance_along(const LatLonGraph&, const EdgePlace&, const EdgePlace&, double most);

}  // namespace ppl::score
