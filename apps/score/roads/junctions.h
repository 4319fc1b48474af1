// Junctions of two road graphs: which are found.
#pragma once

#include <vector>

#include "apps/score/graphs/lat_lon_graph.h"
#include "models/metrics.h"

namespace ppl::score {

// Where three roads or more meet; a road that leads back to its own start counts twice. In metres (x east, y south).
std::vector<Point> junctions_of(const std::vector<RoadLine>&, double pixel);
std::vector<Point> junctions_of(const LatLonGraph&);

// As many pairs of a true and a predicted junction at most `radius` metres apart as there can be, no junction in two.
Confusion junction_counts(const std::vector<Point>& truth, const std::vector<Point>& prediction, double radius);

}  // namespace ppl::score
