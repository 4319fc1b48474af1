// Lengths of routes by the metric's own words: a walk from point to point, ghosts included.
#pragma once

#include <queue>
#include <utility>
#include <vector>

#include "apps/score/apls/graph.h"
#include "apps/score/apls/hierarchy.h"
#include "apps/score/apls/one_way.h"

namespace ppl::score {

// Dijkstra over point objects. Nodes start each search as unreachable; a ghost keeps what it held: a search may only
// lower it, for good. So a ghost that holds 0 stops every road that leads through it.
class PointRoutes {
 public:
  explicit PointRoutes(const AplsGraph& roads);

  void set_ghost(int point, double distance) { distances_[static_cast<size_t>(point)] = distance; }

  // Sets distance_to() from a point to all others; nothing is reached from a ghost.
  void search(int start);
  double distance_to(int point) const { return distances_[static_cast<size_t>(point)]; }
  const std::vector<int>& nodes() const { return nodes_; }

 private:
  bool visited(int point) const;
  void expand(int point);
  void find_twins();

  const AplsGraph& roads_;
  const std::vector<int> nodes_;
  std::vector<char> is_node_, visited_;
  std::vector<double> distances_;
  std::vector<std::vector<int>> twins_;  // other ends of edges that equal an end: only where there are ghosts
  using Entry = std::pair<double, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

// What all routes from node number `source` of one road graph lose in another; images[n] is the point there that stands
// for node n, or -1.
OneWay walk_routes(PointRoutes& from, PointRoutes& to, const std::vector<int>& images, size_t source);

}  // namespace ppl::score
