// A road graph as the metric sees it: nodes, and edges that are polylines between them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "apps/score/apls/geometry.h"
#include "apps/score/apls/node_set.h"
#include "io/geometry/box.h"
#include "io/tables/roads.h"

namespace ppl::score {

struct Edge {
  std::vector<int> points;  // numbers of points; first and last are its ends
  double length = 0;        // pixels, summed from the first point on
  Box box;

  int first() const { return points.front(); }
  int last() const { return points.back(); }
};

// Numbers of edges, in the order in which they came. As many as most junctions have stand in the object itself.
class EdgeList {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const int* begin() const { return size_ <= kInside ? inside_.data() : more_.data(); }
  const int* end() const { return begin() + size_; }
  int operator[](size_t i) const { return begin()[i]; }

  void add(int edge) {
    if (size_ == kInside) more_.assign(begin(), end());
    if (size_ < kInside) {
      inside_[size_] = edge;
    } else {
      more_.push_back(edge);
    }
    ++size_;
  }
  void remove(int edge);
  void clear() { size_ = 0; }

 private:
  static constexpr size_t kInside = 4;
  size_t size_ = 0;
  std::array<int, kInside> inside_{};
  std::vector<int> more_;  // all of them, where they are more
};

// Points and edges have numbers and are never removed; an edge is part of the road graph while its ends list it.
// A ghost is an end of an edge that is not in the node set: a place equal to an older node's (two roads that touch
// without sharing a vertex), or the end of a road that only a loop within one cell prolonged.
class AplsGraph {
 public:
  int add_point(Point place);
  // Not yet listed by its ends.
  int add_edge(std::vector<int> points);
  void attach(int edge, int point);
  void detach(int edge, int point);
  // At both ends; once for a loop.
  void attach_ends(int edge);
  void detach_ends(int edge);

  int points() const { return static_cast<int>(places_.size()); }
  Point place(int point) const { return places_[static_cast<size_t>(point)]; }
  const Edge& edge(int number) const { return edges_[static_cast<size_t>(number)]; }
  int edge_numbers() const { return static_cast<int>(edges_.size()); }
  const EdgeList& edges_at(int point) const { return incident_[static_cast<size_t>(point)]; }
  void clear_edges_at(int point) { incident_[static_cast<size_t>(point)].clear(); }

  // The reference asks for the place, not for the point: an edge with both ends at one place leads to its last only.
  int other_end(int edge, int point) const;
  // In the node set itself, not only equal to a member.
  bool is_node(int point) const { return nodes.find(place(point)) == point; }
  // Every edge once, in the order of the nodes.
  std::vector<int> edges_in_order() const;

  NodeSet nodes;

 private:
  std::vector<Point> places_;
  std::vector<EdgeList> incident_;
  std::vector<Edge> edges_;
};

// Which vertices become parts of edges: those with two edges, or only those whose two edges lead to two others.
enum class Joined { two_edges, two_neighbours };

// Junctions and ends of roads as nodes; simple vertices become parts of edges (but those of rings that hang on nothing
// stay nodes).
AplsGraph build_graph(const std::vector<RoadLine>& lines, Joined joined = Joined::two_edges);

double road_metres(const AplsGraph& roads, const AplsParameters& parameters);

// How many nodes an edge gets.
using MidpointCount = std::function<double(const Edge&)>;

// Adds nodes along the edges, evenly and at most `spacing` apart. Error where that gives millions.
void add_midpoints(AplsGraph& roads, const AplsParameters& parameters);
void add_midpoints(AplsGraph& roads, const AplsParameters& parameters, const MidpointCount& count);

// A copy to inject points into: vertices that equal a node become that node, other points are copied.
AplsGraph copy_for_injection(const AplsGraph& roads);

}  // namespace ppl::score
