// Routes that a page shows: of the metric's own road graphs, between its control points.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "apps/score/apls/injection.h"
#include "apps/score/apls/point_routes.h"
#include "apps/score/page/page_apls.h"

namespace ppl::score {
namespace {

constexpr size_t kSources = 300;  // control points whose routes are looked at, evenly chosen

// A road graph, and what the last search from one of its control points found.
struct Searched {
  AplsGraph roads;
  PointRoutes routes{roads};

  // The way from the last search's start, which no edge is shorter than.
  Line way_to(int end) const {
    Line line{roads.place(end)};
    for (int at = end; routes.distance_to(at) > 0;) {
      const auto before =
          std::find_if(roads.edges_at(at).begin(), roads.edges_at(at).end(), [&](int e) { return leads_to(e, at); });
      if (before == roads.edges_at(at).end()) break;
      std::vector<int> points = roads.edge(*before).points;
      if (points.back() != at) std::reverse(points.begin(), points.end());
      for (size_t i = points.size() - 1; i-- > 0;) line.push_back(roads.place(points[i]));
      at = points.front();
    }
    std::reverse(line.begin(), line.end());
    return line;
  }

 private:
  bool leads_to(int edge, int end) const {
    const double before = routes.distance_to(roads.other_end(edge, end));
    return before < routes.distance_to(end) && before + roads.edge(edge).length <= routes.distance_to(end) + 1e-6;
  }
};

std::string name_of(Point a, Point b) {
  return fmt::format("({:.0f}, {:.0f}) to ({:.0f}, {:.0f})", a.x, a.y, b.x, b.y);
}

// The costliest first, of those that lose the same the longer.
class Costliest {
 public:
  explicit Costliest(size_t most) : most_(most) {}
  bool wants(double cost, double length) const {
    return most_ > 0 && cost > 0 && (routes_.size() < most_ || before(cost, length, routes_.back()));
  }
  void add(PageRoute route) {
    const auto at = std::find_if(routes_.begin(), routes_.end(),
                                 [&](const PageRoute& r) { return before(route.cost, route.truth_length, r); });
    routes_.insert(at, std::move(route));
    if (routes_.size() > most_) routes_.pop_back();
  }
  std::vector<PageRoute> take() { return std::move(routes_); }

 private:
  static bool before(double cost, double length, const PageRoute& other) {
    return cost != other.cost ? cost > other.cost : length > other.truth_length;
  }
  size_t most_;
  std::vector<PageRoute> routes_;
};

}  // namespace

std::vector<PageRoute> costly_routes(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                                     const AplsParameters& parameters, size_t most) {
  AplsGraph from = build_graph(truth), to = build_graph(prediction);
  add_midpoints(from, parameters);
  add_midpoints(to, parameters);
  const std::vector<int> nodes = from.nodes.in_order();
  std::vector<Point> places;
  places.reserve(nodes.size());
  for (const int node : nodes) places.push_back(from.place(node));
  AplsGraph target = copy_for_injection(to);
  const Injection injection = inject(target, places, parameters.snap_pixels(), *grid(target, parameters.snap_pixels()));
  Searched here{std::move(from)}, there{std::move(target)};
  for (const auto& [point, distance] : injection.new_points) {
    if (!there.roads.is_node(point)) there.routes.set_ghost(point, distance);
  }
  Costliest costliest(most);
  const size_t step = std::max<size_t>(1, nodes.size() / kSources);
  for (size_t s = 0; s < nodes.size(); s += step) {
    here.routes.search(nodes[s]);
    if (injection.images[s] >= 0) there.routes.search(injection.images[s]);
    for (size_t t = 0; t < nodes.size(); ++t) {
      if (t == s || (t < s && t % step == 0)) continue;  // known from the other end
      const double length = here.routes.distance_to(nodes[t]);
      if (!(length > 0) || length == kUnreachable) continue;
      const bool placed = injection.images[s] >= 0 && injection.images[t] >= 0;
      const double other = placed ? there.routes.distance_to(injection.images[t]) : kUnreachable;
      const double cost = loss(length, other);
      if (!costliest.wants(cost, length)) continue;
      costliest.add({name_of(here.roads.place(nodes[s]), here.roads.place(nodes[t])), here.way_to(nodes[t]), length,
                     other == kUnreachable ? 0 : other, cost});
    }
  }
  return costliest.take();
}

}  // namespace ppl::score
