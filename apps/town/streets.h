// From the plan to a road graph, in two steps: trace the streets, then connect them where they meet.
#pragma once

#include "apps/town/plan.h"
#include "apps/town/town.h"

namespace ppl::synthetic {

struct Street {
  RoadClass kind;
  Line line;
};

// Streets that follow the plan's directions at a spacing by class; they cross, but share no points yet.
std::vector<Street> trace_streets(const Plan& plan);

// Prolongs open ends to the next street, splits at every crossing, cuts stubs off, removes a few residential pieces
// and keeps the largest connected part.
StreetGraph connect_streets(const Plan& plan, const std::vector<Street>& streets);

// Puts a node `along` metres from the start of road `index`, which keeps its first half; the rest becomes a new road
// right behind it. Returns the node.
int split_road(StreetGraph& graph, int index, double along);

// Fills StreetGraph::corners; the last step, since it holds numbers of roads.
void round_corners(StreetGraph& graph);

}  // namespace ppl::synthetic
