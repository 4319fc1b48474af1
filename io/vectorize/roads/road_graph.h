// A road graph that can be changed: what the steps from a traced skeleton to road lines work on.
#pragma once

#include <cstdint>
#include <vector>

#include "io/vectorize/roads/skeleton_graph.h"

namespace ppl {

class RoadGraph {
 public:
  explicit RoadGraph(SkeletonGraph graph);

  int32_t node_count() const { return static_cast<int32_t>(nodes_.size()); }
  int32_t edge_count() const { return static_cast<int32_t>(edges_.size()); }  // removed ones too
  Point node(int32_t i) const { return nodes_[static_cast<size_t>(i)]; }
  const RoadEdge& edge(int32_t i) const { return edges_[static_cast<size_t>(i)]; }
  bool alive(int32_t edge) const { return alive_[static_cast<size_t>(edge)]; }
  double length(int32_t edge) const { return lengths_[static_cast<size_t>(edge)]; }
  // Ends of edges at the node: a loop counts twice.
  int degree(int32_t node) const { return static_cast<int>(at_[static_cast<size_t>(node)].size()); }
  const std::vector<int32_t>& edges_at(int32_t node) const { return at_[static_cast<size_t>(node)]; }

  int32_t add_node(Point);
  int32_t add_edge(int32_t from, int32_t to, Line line);
  void remove_edge(int32_t edge);
  // Makes one edge of the two at a node that has just two; returns it, or -1 where the node is no such node.
  int32_t dissolve(int32_t node);
  // Puts a node onto an edge, at the point of its line `place` (a point on the segment that ends at line[segment]).
  int32_t split(int32_t edge, size_t segment, Point place);
  // Makes one node of an edge's two, at the mean of the two; other edges follow with their last points.
  void contract(int32_t edge);

 private:
  void detach(int32_t edge, int32_t node);

  std::vector<Point> nodes_;
  std::vector<RoadEdge> edges_;
  std::vector<char> alive_;
  std::vector<double> lengths_;
  std::vector<std::vector<int32_t>> at_;
};

}  // namespace ppl
