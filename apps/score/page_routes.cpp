// Routes that a page shows: between ends and junctions of the truth.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <queue>

#include "apps/score/pages.h"

namespace ppl::score {
namespace {

constexpr size_t kRouteEnds = 200;
constexpr size_t kNone = SIZE_MAX;
constexpr double kFar = std::numeric_limits<double>::infinity();

// Points of lines as a graph; points of the same tenth of a pixel are one.
struct PointGraph {
  struct Way {
    size_t to;
    double length;
  };
  std::vector<Point> points;
  std::vector<std::vector<Way>> ways;

  explicit PointGraph(const std::vector<Line>& lines) {
    for (const Line& line : lines) {
      for (size_t i = 0; i < line.size(); ++i) {
        const size_t here = number(line[i]);
        if (i > 0) connect(number(line[i - 1]), here);
      }
    }
  }

  size_t number(Point p) {
    const auto [known, fresh] = numbers_.try_emplace({std::llround(p.x * 10), std::llround(p.y * 10)}, points.size());
    if (fresh) points.push_back(p), ways.emplace_back();
    return known->second;
  }

  void connect(size_t a, size_t b) {
    const double way = distance(points[a], points[b]);
    ways[a].push_back({b, way});
    ways[b].push_back({a, way});
  }

  // A point of the graph at the place of a segment nearest to p, within reach; kNone where there is none.
  size_t attach(Point p, double reach) {
    Point best;
    size_t from = kNone, to = kNone;
    for (size_t a = 0; a < points.size(); ++a) {
      for (const Way& way : ways[a]) {
        const Point near = nearest_on_segment(p, points[a], points[way.to]);
        if (distance(p, near) <= reach) reach = distance(p, near), best = near, from = a, to = way.to;
      }
    }
    if (from == kNone) return kNone;
    const size_t here = number(best);
    // The segment stays beside its two halves, so nothing that was found before is lost.
    if (here != from) connect(from, here);
    if (here != to) connect(here, to);
    return here;
  }

  // Shortest lengths from a point, and for each the point before it.
  std::pair<std::vector<double>, std::vector<size_t>> reach(size_t start) const {
    std::vector<double> lengths(points.size(), kFar);
    std::vector<size_t> before(points.size(), start);
    std::priority_queue<std::pair<double, size_t>, std::vector<std::pair<double, size_t>>, std::greater<>> open;
    lengths[start] = 0;
    open.emplace(0, start);
    while (!open.empty()) {
      const auto [length, at] = open.top();
      open.pop();
      if (length > lengths[at]) continue;
      for (const Way& way : ways[at]) {
        if (length + way.length >= lengths[way.to]) continue;
        lengths[way.to] = length + way.length;
        before[way.to] = at;
        open.emplace(lengths[way.to], way.to);
      }
    }
    return {lengths, before};
  }

 private:
  std::map<std::pair<int64_t, int64_t>, size_t> numbers_;
};

Line way_back(const PointGraph& graph, const std::vector<size_t>& before, size_t from, size_t to) {
  Line line{graph.points[to]};
  for (size_t at = to; at != from; at = before[at]) line.push_back(graph.points[before[at]]);
  std::reverse(line.begin(), line.end());
  return line;
}

std::string name_of(Point a, Point b) {
  return fmt::format("({:.0f}, {:.0f}) to ({:.0f}, {:.0f})", a.x, a.y, b.x, b.y);
}

}  // namespace

std::vector<PageRoute> costly_routes(const std::vector<Line>& truth, const std::vector<Line>& proposal, double snap,
                                     size_t most) {
  const PointGraph from(truth);
  PointGraph to(proposal);
  std::vector<size_t> ends, images;
  for (size_t i = 0; i < from.points.size() && ends.size() < kRouteEnds; ++i) {
    if (from.ways[i].size() != 2) ends.push_back(i);
  }
  for (const size_t end : ends) images.push_back(to.attach(from.points[end], snap));
  std::vector<PageRoute> routes;
  for (size_t a = 0; a < ends.size(); ++a) {
    const auto [lengths, before] = from.reach(ends[a]);
    std::vector<double> others;
    if (images[a] != kNone) others = to.reach(images[a]).first;
    for (size_t b = a + 1; b < ends.size(); ++b) {
      const double length = lengths[ends[b]];
      if (!(length > 0) || length == kFar) continue;
      const double other = !others.empty() && images[b] != kNone ? others[images[b]] : kFar;
      const double cost = other == kFar ? 1 : std::min(1.0, std::abs(length - other) / length);
      if (cost == 0) continue;
      routes.push_back({name_of(from.points[ends[a]], from.points[ends[b]]), way_back(from, before, ends[a], ends[b]),
                        length, other == kFar ? 0 : other, cost});
      std::sort(routes.begin(), routes.end(), [](const PageRoute& x, const PageRoute& y) {
        return x.cost != y.cost ? x.cost > y.cost : x.truth_length > y.truth_length;
      });
      if (routes.size() > most) routes.pop_back();
    }
  }
  return routes;
}

}  // namespace ppl::score
