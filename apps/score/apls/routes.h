// Comparing the lengths of all routes of two graphs.
#pragma once

#include <utility>
#include <vector>

#include "apps/score/apls/hierarchy.h"
#include "apps/score/apls/one_way.h"

namespace ppl::score {

// The length that every route to one node has in the other road graph, whatever its source, as long as that source has
// a place there: from a source number on, ascending.
struct FixedLength {
  std::vector<std::pair<int, double>> since;
  double at(int source) const;
};

// What is known about routes before any hierarchy is asked.
struct KnownRoutes {
  std::vector<std::pair<int, OneWay>> sources;       // all routes of a node
  std::vector<std::pair<int, FixedLength>> targets;  // all routes to a node
  std::vector<char> unplaced_sources;  // by node: 1 where there is no image at all; empty where images say it
};

// From every node of one graph to every other that it reaches; images[n] is the node of the other graph that stands for
// node n, or -1.
OneWay compare_routes(const Hierarchy& from, const Hierarchy& to, const std::vector<int>& images, int threads,
                      const KnownRoutes& known = {});

}  // namespace ppl::score
