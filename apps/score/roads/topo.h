// TOPO: is the surrounding of each place of one road graph found around the same place of another?
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "apps/score/apls/graph.h"
#include "models/metrics.h"

namespace ppl::score {

// Of an image, or of all.
struct TopoFigures {
  double precision = 0, recall = 0, f1 = 0;
  std::optional<Confusion> counts;  // where the figures are made of these
  static TopoFigures of(const Confusion& c) { return {c.precision(), c.recall(), c.f1(), c}; }
};

struct TopoParameters {
  double hole = 4;       // metres within which a marble falls into a hole
  double interval = 30;  // metres between holes along a road
  double radius = 150;   // metres around an origin
  int origins = 1000;    // at most, evenly from the truth's nodes (CosmiQ's tool draws them at random)
};

// From each origin, a node of the truth: holes are put on the nodes and along the edges that are joined to it within
// the radius, marbles likewise around the prediction's node nearest to it. Marbles take the nearest free hole. Without
// such a node all holes are missed. Networks are in pixels of `pixel` metres and have no midpoints.
Confusion topo(const AplsGraph& truth, const AplsGraph& prediction, double pixel, const TopoParameters& parameters);

}  // namespace ppl::score
