// Joining the dead ends of a road graph.
#include <algorithm>
#include <map>
#include <numbers>

#include "io/geometry/point_grid.h"
#include "io/vectorize/roads/road_lines.h"

namespace ppl {
namespace {

constexpr double kLookBack = 15;       // pixels of the line that tell where a dead end points
constexpr double kNearAngle = 60;      // degrees, for ends so near that their direction says little
constexpr double kAnyDirection = 1.5;  // pixels; no direction asked

struct DeadEnd {
  int32_t node, edge;
  Point place, direction;  // direction: of length 1, out of the road
};

DeadEnd dead_end(const RoadGraph& graph, int32_t node) {
  const int32_t number = graph.edges_at(node)[0];
  const RoadEdge& e = graph.edge(number);
  const bool at_back = e.to == node;
  const size_t last = e.line.size() - 1;
  const auto point = [&](size_t i) { return e.line[at_back ? last - i : i]; };
  size_t back = 1;
  while (back < last && distance(point(back), point(0)) < kLookBack) ++back;
  const Point out = point(0) - point(back);
  const double size = length(out);
  return {node, number, point(0), size > 0 ? out * (1 / size) : Point{}};
}

bool points_at(const DeadEnd& end, Point target, double degrees) {
  const Point way = target - end.place;
  return dot(way, end.direction) >= length(way) * std::cos(degrees * std::numbers::pi / 180);
}

std::vector<DeadEnd> find_dead_ends(const RoadGraph& graph, const std::function<bool(Point)>& border) {
  std::vector<DeadEnd> ends;
  for (int32_t i = 0; i < graph.node_count(); ++i) {
    if (graph.degree(i) == 1 && !border(graph.node(i))) ends.push_back(dead_end(graph, i));
  }
  return ends;
}

bool may_join(const DeadEnd& a, const DeadEnd& b, const RoadGraph& graph, const RoadOptions& options) {
  const double way = distance(a.place, b.place);
  if (a.edge == b.edge && graph.length(a.edge) < 2 * way) return false;  // a short piece bent upon itself
  if (way <= kAnyDirection) return true;
  if (way <= options.gap && points_at(a, b.place, kNearAngle) && points_at(b, a.place, kNearAngle)) return true;
  return way <= options.far_gap && points_at(a, b.place, options.angle) && points_at(b, a.place, options.angle);
}

// Pairs of dead ends, shortest gap first, each end once.
void join_ends(RoadGraph& graph, const std::vector<DeadEnd>& ends, const RoadOptions& options) {
  const double reach = std::max(options.gap, options.far_gap);
  PointGrid grid(reach);
  for (size_t i = 0; i < ends.size(); ++i) grid.add(ends[i].place, static_cast<int64_t>(i));
  std::vector<std::tuple<double, size_t, size_t>> pairs;
  for (size_t i = 0; i < ends.size(); ++i) {
    grid.visit(ends[i].place, reach, [&](Point, int64_t other) {
      const auto j = static_cast<size_t>(other);
      if (j > i && may_join(ends[i], ends[j], graph, options)) {
        pairs.emplace_back(distance(ends[i].place, ends[j].place), i, j);
      }
    });
  }
  std::sort(pairs.begin(), pairs.end());
  for (const auto& [unused, i, j] : pairs) {
    if (graph.degree(ends[i].node) != 1 || graph.degree(ends[j].node) != 1) continue;
    graph.add_edge(ends[i].node, ends[j].node, {ends[i].place, ends[j].place});
  }
}

struct Landing {
  size_t point;  // of the edge's line
  int32_t dead;  // the node that is joined to it
};

// Where a dead end meets another road within the gap: the nearest point ahead of it.
std::map<int32_t, std::vector<Landing>> find_landings(const RoadGraph& graph, const std::vector<DeadEnd>& ends,
                                                      const RoadOptions& options) {
  PointGrid grid(std::max(options.gap, 1.0));
  std::vector<std::pair<int32_t, size_t>> points;  // of edges
  for (int32_t i = 0; i < graph.edge_count(); ++i) {
    if (!graph.alive(i)) continue;
    for (size_t k = 0; k < graph.edge(i).line.size(); ++k) {
      grid.add(graph.edge(i).line[k], static_cast<int64_t>(points.size()));
      points.emplace_back(i, k);
    }
  }
  std::map<int32_t, std::vector<Landing>> landings;
  for (const DeadEnd& end : ends) {
    if (graph.degree(end.node) != 1) continue;
    std::pair<double, int64_t> best{options.gap, INT64_MAX};
    grid.visit(end.place, options.gap, [&](Point place, int64_t number) {
      if (points[static_cast<size_t>(number)].first == end.edge || !points_at(end, place, kNearAngle)) return;
      best = std::min(best, {distance(place, end.place), number});
    });
    if (best.second == INT64_MAX) continue;
    const auto [edge, point] = points[static_cast<size_t>(best.second)];
    landings[edge].push_back({point, end.node});
  }
  return landings;
}

void join_to_roads(RoadGraph& graph, const std::vector<DeadEnd>& ends, const RoadOptions& options) {
  std::vector<std::pair<int32_t, int32_t>> links;  // made when no edge is split any more
  for (auto& [edge, landings] : find_landings(graph, ends, options)) {
    // From the far end on, so that points before keep their numbers; the part before is the last edge but one.
    std::sort(landings.begin(), landings.end(), [](const Landing& a, const Landing& b) {
      return a.point != b.point ? a.point > b.point : a.dead < b.dead;
    });
    int32_t rest = edge, at = -1;
    for (size_t k = 0; k < landings.size(); ++k) {
      const Landing& landing = landings[k];
      const RoadEdge& e = graph.edge(rest);
      if (landing.point == 0) {
        at = e.from;
      } else if (k == 0 && landing.point == e.line.size() - 1) {
        at = e.to;
      } else if (k == 0 || landing.point != landings[k - 1].point) {
        at = graph.split(rest, landing.point, e.line[landing.point]);
        rest = graph.edge_count() - 2;
      }
      links.emplace_back(landing.dead, at);
    }
  }
  for (const auto& [dead, at] : links) {
    if (dead != at && graph.degree(dead) == 1) {
      graph.add_edge(dead, at, {graph.node(dead), graph.node(at)});
    }
  }
}

}  // namespace

void close_gaps(RoadGraph& graph, const RoadOptions& options, const std::function<bool(Point)>& border) {
  if (options.gap <= 0 && options.far_gap <= 0) return;
  const std::vector<DeadEnd> ends = find_dead_ends(graph, border);
  join_ends(graph, ends, options);
  if (options.gap > 0) join_to_roads(graph, ends, options);
  dissolve_all(graph);
}

}  // namespace ppl
