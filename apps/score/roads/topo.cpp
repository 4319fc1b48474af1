#include "apps/score/roads/topo.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace ppl::score {
namespace {

constexpr size_t kMostNodes = 500;  // around an origin

// One road graph, with what the surroundings of an origin need. Pixels.
class Surroundings {
 public:
  Surroundings(const AplsGraph& roads, double radius, double interval)
      : roads_(roads),
        nodes_(roads.nodes.in_order()),
        radius_(radius),
        interval_(interval),
        near_(static_cast<size_t>(roads.points())) {}

  const std::vector<int>& nodes() const { return nodes_; }

  std::optional<int> nearest_node(Point place, double within) const {
    std::optional<int> nearest;
    for (const int node : nodes_) {
      const double d = fdlibm_distance(place, roads_.place(node));
      if (d <= within && (!nearest || d < fdlibm_distance(place, roads_.place(*nearest)))) nearest = node;
    }
    return nearest;
  }

  // Nodes joined to the origin by edges between near nodes, and places along those edges.
  std::vector<Point> around(int origin) {
    const Point centre = roads_.place(origin);
    const std::vector<int> near = nodes_near(centre);
    for (const int node : near) near_[static_cast<size_t>(node)] = 1;
    std::vector<int> joined{origin}, edges;
    near_[static_cast<size_t>(origin)] = 2;
    for (size_t i = 0; i < joined.size(); ++i) {
      for (const int e : roads_.edges_at(joined[i])) {
        const int next = roads_.other_end(e, joined[i]);
        if (near_[static_cast<size_t>(next)] == 0) continue;
        edges.push_back(e);
        if (near_[static_cast<size_t>(next)] == 1) joined.push_back(next), near_[static_cast<size_t>(next)] = 2;
      }
    }
    for (const int node : near) near_[static_cast<size_t>(node)] = 0;
    std::sort(joined.begin(), joined.end());
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    std::vector<Point> places;
    places.reserve(joined.size());
    for (const int node : joined) places.push_back(roads_.place(node));
    for (const int e : edges) add_along(roads_.edge(e), centre, places);
    return places;
  }

 private:
  std::vector<int> nodes_near(Point centre) const {
    std::vector<std::pair<double, int>> near;
    for (const int node : nodes_) {
      const double d = fdlibm_distance(centre, roads_.place(node));
      if (d < radius_) near.emplace_back(d, node);
    }
    std::sort(near.begin(), near.end());
    near.resize(std::min(near.size(), kMostNodes));
    std::vector<int> nodes;
    nodes.reserve(near.size());
    for (const auto& [d, node] : near) nodes.push_back(node);
    return nodes;
  }

  // Every interval from the end that is nearer to the centre, the far end left out.
  void add_along(const Edge& edge, Point centre, std::vector<Point>& places) const {
    std::vector<int> points = edge.points;
    if (fdlibm_distance(roads_.place(edge.last()), centre) < fdlibm_distance(roads_.place(edge.first()), centre)) {
      std::reverse(points.begin(), points.end());
    }
    double walked = 0, next = interval_;
    for (size_t i = 1; i < points.size(); ++i) {
      const Point a = roads_.place(points[i - 1]), b = roads_.place(points[i]);
      const double step = fdlibm_distance(a, b);
      for (; next < walked + step && next < edge.length; next += interval_) {
        const double share = (next - walked) / step;
        places.push_back({a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)});
      }
      walked += step;
    }
  }

  const AplsGraph& roads_;
  const std::vector<int> nodes_;
  double radius_, interval_;
  std::vector<char> near_;  // of a point: 1 near the origin, 2 also joined to it
};

Confusion drop_marbles(const std::vector<Point>& holes, const std::vector<Point>& marbles, double hole_size) {
  Confusion counts;
  std::vector<char> taken(holes.size());
  for (const Point marble : marbles) {
    size_t best = holes.size();
    double nearest = hole_size;
    for (size_t h = 0; h < holes.size(); ++h) {
      if (taken[h] || std::fabs(holes[h].x - marble.x) > nearest) continue;
      const double d = fdlibm_distance(holes[h], marble);
      if (d < nearest || (d == nearest && best == holes.size())) best = h, nearest = d;
    }
    if (best == holes.size()) {
      ++counts.false_positive;
    } else {
      taken[best] = 1;
      ++counts.true_positive;
    }
  }
  counts.false_negative = static_cast<int64_t>(holes.size()) - counts.true_positive;
  return counts;
}

}  // namespace

Confusion topo(const AplsGraph& truth, const AplsGraph& prediction, double pixel, const TopoParameters& parameters) {
  const double hole = parameters.hole / pixel;
  Surroundings there(truth, parameters.radius / pixel, parameters.interval / pixel);
  Surroundings found(prediction, parameters.radius / pixel, parameters.interval / pixel);
  const size_t nodes = there.nodes().size(), origins = std::min(nodes, static_cast<size_t>(parameters.origins));
  Confusion total;
  // Without an origin nothing is walked; what is predicted is wrong all the same.
  if (nodes == 0) total.false_positive = static_cast<int64_t>(found.nodes().size());
  for (size_t i = 0; i < origins; ++i) {
    const int origin = there.nodes()[i * nodes / origins];
    const std::vector<Point> holes = there.around(origin);
    const std::optional<int> start = found.nearest_node(truth.place(origin), hole);
    total.add(start ? drop_marbles(holes, found.around(*start), hole)
                    : Confusion{0, 0, static_cast<int64_t>(holes.size())});
  }
  return total;
}

}  // namespace ppl::score
