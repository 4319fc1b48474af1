// A road graph cut into pieces of about 2 m: what Sat2Graph's APLS counts on.
#pragma once

#include <span>
#include <vector>

#include "apps/score/apls/hierarchy.h"
#include "apps/score/graphs/lat_lon_graph.h"

namespace ppl::score {

// Edges longer than 3 m are cut into int(length / 2 m) + 1 pieces. Places that are the same to 7 decimals of a degree
// are one node, also where roads cross; nodes are numbered as edges first come to them.
class DenseGraph {
 public:
  explicit DenseGraph(const LatLonGraph&);

  int size() const { return static_cast<int>(nodes_.size()); }
  const LatLon& node(int number) const { return nodes_[static_cast<size_t>(number)]; }
  // Ascending, each once; the node itself where a piece leads from it to itself.
  std::span<const int> neighbours(int node) const;

  // The node and all within so many pieces of it; just the number where there is no such node.
  std::vector<int> within(int node, int pieces) const;

  // The lengths of shortest ways in whole centimetres, each piece cut off to that, between some nodes. of: their
  // numbers in the result's graph.
  Hierarchy ways(const std::vector<int>& nodes, std::vector<int>& of) const;

 private:
  int centimetres(size_t arc) const { return centimetres_[arc]; }

  std::vector<LatLon> nodes_;
  std::vector<size_t> first_;
  std::vector<int> to_, centimetres_;
};

}  // namespace ppl::score
