// Roads as a graph: from a skeleton, cleaned, and to lines.
#pragma once

#include <cstdint>
#include <vector>

#include "io/geometry/bit_image.h"
#include "io/geometry/point.h"

namespace ppl {

struct RoadEdge {
  int32_t from, to;  // nodes
  Line line;         // begins at the one and ends at the other; at least two points
};

struct SkeletonGraph {
  std::vector<Point> nodes;
  std::vector<RoadEdge> edges;
};

// The graph of a skeleton as thin() leaves it. Pixels with one neighbour or more than two, joined to clusters, are the
// nodes, each at its cluster's mean; the pixels between them are edges. A ring without a node gets one at its first
// pixel. Single pixels without an edge are left out. Nodes and edges are in row order of their first pixels.
SkeletonGraph trace_skeleton(const BitImage& skeleton);

}  // namespace ppl
