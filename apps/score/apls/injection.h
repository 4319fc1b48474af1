// Putting the control points of one road graph onto another.
#pragma once

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "apps/score/apls/graph.h"

namespace ppl::score {

// The part of an edge that is nearest to a place.
struct NearestEdge {
  double distance = std::numeric_limits<double>::infinity();  // pixels; 0 for a vertex within 0.1 pixels
  int edge = -1;
  Point foot{};     // where on the edge
  int vertex = -1;  // the one at which the edge is cut
  int hit = -1;     // the end of the edge that lies at the foot, or -1
};

// Takes the edge where it is nearer than what is known. Returns false once nothing can be nearer.
bool take_if_nearer(const AplsGraph& roads, int edge, Point place, NearestEdge& best);

// Where to look for nodes and edges. The answers of all locators are the same; only the work differs.
class Locator {
 public:
  virtual ~Locator() = default;
  // The first node (in order of the node set) at the same place, or -1.
  virtual int node_at(Point place) = 0;
  // Exact where it is within the snap distance; what lies beyond may be left out.
  virtual NearestEdge nearest_edge(Point place) = 0;
  virtual void node_added(int point) = 0;
  virtual void edge_replaced(int edge, int first_part, int second_part) = 0;
};

// Goes through everything.
std::unique_ptr<Locator> scan(const AplsGraph& roads);
// Keeps nodes and edges in a grid of cells.
std::unique_ptr<Locator> grid(const AplsGraph& roads, double snap_pixels);

// Cuts the edge at the foot and returns the point there, a node unless an older one is equal.
int split_edge(AplsGraph& roads, const NearestEdge& at, Locator& locator);

// The point of `roads` that each place is moved to, or -1 where none is near enough. The road graph gets nodes where
// places fall between its own; each place is put onto the road graph as the ones before have left it.
struct Injection {
  std::vector<int> images;                         // one a place
  std::vector<std::pair<int, double>> new_points;  // added, with the distance that the place was moved
};
Injection inject(AplsGraph& roads, const std::vector<Point>& places, double snap_pixels, Locator& locator);

}  // namespace ppl::score
