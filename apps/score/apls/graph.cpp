#include "apps/score/apls/graph.h"

#include <algorithm>
#include <cmath>

#include "kernels/base.h"

namespace ppl::score {
namespace {

// All pairs of nodes are compared; beyond this nobody would wait for the result.
constexpr double kMostMidpoints = 4e6;

}  // namespace

void EdgeList::remove(int edge) {
  const int* const found = std::find(begin(), end(), edge);
  if (found == end()) return;
  const bool was_outside = size_ > kInside;
  int* const all = was_outside ? more_.data() : inside_.data();
  std::copy(found + 1, end(), all + (found - begin()));
  --size_;
  if (!was_outside) return;
  more_.pop_back();
  if (size_ == kInside) std::copy(more_.begin(), more_.end(), inside_.begin());
}

int AplsGraph::add_point(Point place) {
  places_.push_back(place);
  incident_.emplace_back();
  return points() - 1;
}

int AplsGraph::add_edge(std::vector<int> points) {
  const Box box = Box::around(place(points.front()));
  Edge edge{std::move(points), 0, box};
  for (size_t i = 1; i < edge.points.size(); ++i) {
    edge.length += fdlibm_distance(place(edge.points[i - 1]), place(edge.points[i]));
    edge.box.add(place(edge.points[i]));
  }
  edges_.push_back(std::move(edge));
  return edge_numbers() - 1;
}

void AplsGraph::attach(int edge, int point) {
  EdgeList& edges = incident_[static_cast<size_t>(point)];
  if (std::find(edges.begin(), edges.end(), edge) == edges.end()) edges.add(edge);
}
void AplsGraph::detach(int edge, int point) { incident_[static_cast<size_t>(point)].remove(edge); }

void AplsGraph::attach_ends(int number) {
  attach(number, edge(number).first());
  attach(number, edge(number).last());
}
void AplsGraph::detach_ends(int number) {
  detach(number, edge(number).first());
  detach(number, edge(number).last());
}

int AplsGraph::other_end(int number, int point) const {
  const Edge& e = edge(number);
  return same_place(place(point), place(e.first())) ? e.last() : e.first();
}

std::vector<int> AplsGraph::edges_in_order() const {
  std::vector<int> order;
  std::vector<char> seen(edges_.size());
  for (const int node : nodes.in_order()) {
    for (const int e : edges_at(node)) {
      if (!std::exchange(seen[static_cast<size_t>(e)], 1)) order.push_back(e);
    }
  }
  return order;
}

namespace {

// Points come from the start of the edge; the walk goes on from where it was cut last.
class Cutter {
 public:
  Cutter(AplsGraph& roads, int edge) : roads_(roads), points_(roads.edge(edge).points), part_{points_[0]} {}

  // Goes `length` further and returns the point there.
  int advance(double length) {
    double walked = 0;
    for (; next_ < points_.size(); ++next_) {
      const Point from = roads_.place(part_.back()), to = roads_.place(points_[next_]);
      const double step = fdlibm_distance(from, to);
      if (walked + step == length) {
        part_.push_back(points_[next_++]);
        return part_.back();
      }
      if (!(walked + step < length)) {
        const double share = (length - walked) / step;
        part_.push_back(roads_.add_point({from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)}));
        return part_.back();
      }
      walked += step;
      part_.push_back(points_[next_]);
    }
    throw Error("apls: the lengths of an edge's parts exceed its own");
  }
  // What lies between the last two cuts.
  std::vector<int> take_part() {
    const int cut = part_.back();
    return std::exchange(part_, {cut});
  }
  std::vector<int> take_rest() {
    part_.insert(part_.end(), points_.begin() + static_cast<std::ptrdiff_t>(next_), points_.end());
    return std::move(part_);
  }

 private:
  AplsGraph& roads_;
  const std::vector<int> points_;
  size_t next_ = 1;
  std::vector<int> part_;
};

void split_evenly(AplsGraph& roads, int edge, int cuts) {
  const double step = roads.edge(edge).length / (cuts + 1);
  Cutter cutter(roads, edge);
  roads.detach_ends(edge);
  for (int i = 0; i < cuts; ++i) {
    const int cut = cutter.advance(step);
    roads.attach_ends(roads.add_edge(cutter.take_part()));
    roads.nodes.insert(cut, roads.place(cut));
  }
  roads.attach_ends(roads.add_edge(cutter.take_rest()));
}

}  // namespace

void add_midpoints(AplsGraph& roads, const AplsParameters& parameters) {
  const double spacing = parameters.spacing_pixels();
  add_midpoints(roads, parameters, [&](const Edge& edge) {
    return edge.length < parameters.shortest_split() ? 0
           : edge.length < spacing                   ? 1
                                                     : std::floor(edge.length / spacing);
  });
}

void add_midpoints(AplsGraph& roads, const AplsParameters& parameters, const MidpointCount& count) {
  const std::vector<int> edges = roads.edges_in_order();
  double total = 0;
  for (const int edge : edges) total += count(roads.edge(edge));
  PPL_CHECK(total <= kMostMidpoints, "roads of this length get ", total, " control points ", parameters.spacing,
            " m apart; at most ", kMostMidpoints, " can be compared");
  for (const int edge : edges) {
    if (const double cuts = count(roads.edge(edge)); cuts > 0) split_evenly(roads, edge, static_cast<int>(cuts));
  }
}

double road_metres(const AplsGraph& roads, const AplsParameters& parameters) {
  double pixels = 0;
  for (const int e : roads.edges_in_order()) pixels += roads.edge(e).length;
  return pixels * parameters.pixel;
}

AplsGraph copy_for_injection(const AplsGraph& roads) {
  AplsGraph copy;
  const std::vector<int> order = roads.nodes.in_order();
  for (const int node : order) copy.nodes.insert(copy.add_point(roads.place(node)), roads.place(node));
  for (const int node : order) {
    for (const int e : roads.edges_at(node)) {
      if (roads.edge(e).first() != node) continue;
      std::vector<int> points;
      points.reserve(roads.edge(e).points.size());
      for (const int p : roads.edge(e).points) {
        const int node_there = copy.nodes.find(roads.place(p));
        points.push_back(node_there >= 0 ? node_there : copy.add_point(roads.place(p)));
      }
      copy.attach_ends(copy.add_edge(std::move(points)));
    }
  }
  return copy;
}

}  // namespace ppl::score
