// One way by hierarchies. Where there is no ghost, the walk over points gives shortest distances, and those a hierarchy
// gives sooner. A ghost that holds 0 is never entered. One that was made by injection holds the distance that its point
// was moved, at most the snap distance; only searches that start nearer to it than that can enter it. Their routes, and
// what they leave in the ghost, are walked point by point; for all others the ghost is a dead end.
#include <algorithm>
#include <map>
#include <memory>
#include <queue>

#include "apps/score/apls/hierarchy.h"
#include "apps/score/apls/injection.h"
#include "apps/score/apls/one_way.h"
#include "apps/score/apls/point_routes.h"
#include "apps/score/apls/routes.h"

namespace ppl::score {
namespace {

// Below this many pairs of a node and an edge, going through all is no slower than a grid.
constexpr double kScanPairs = 2000;

struct Graph {
  explicit Graph(const AplsGraph& roads)
      : nodes(roads.nodes.in_order()), index(static_cast<size_t>(roads.points()), -1) {
    for (size_t i = 0; i < nodes.size(); ++i) index[static_cast<size_t>(nodes[i])] = static_cast<int>(i);
    for (size_t i = 0; i < nodes.size(); ++i) {
      for (const int e : roads.edges_at(nodes[i])) {
        const int end = roads.other_end(e, nodes[i]), length_to = index[static_cast<size_t>(end)];
        const GraphArc arc{static_cast<int>(i), length_to < 0 ? end : length_to, roads.edge(e).length};
        (length_to < 0 ? into_ghosts : arcs).push_back(arc);
      }
    }
  }

  std::vector<int> nodes;  // points, in order
  std::vector<int> index;  // of a point among the nodes, or -1
  std::vector<GraphArc> arcs;
  std::vector<GraphArc> into_ghosts;  // `to` is a point
};

// One road graph with the other's control points on it.
struct Target {
  AplsGraph roads;
  Injection injection;
  Graph graph;
};

Target inject_nodes(const AplsGraph& from, const std::vector<int>& nodes, const AplsGraph& to, double snap_pixels) {
  AplsGraph roads = copy_for_injection(to);
  std::vector<Point> places;
  places.reserve(nodes.size());
  for (const int node : nodes) places.push_back(from.place(node));
  const bool small = static_cast<double>(nodes.size()) * roads.edge_numbers() < kScanPairs;
  const std::unique_ptr<Locator> locator = small ? scan(roads) : grid(roads, snap_pixels);
  Injection injection = inject(roads, places, snap_pixels, *locator);
  Graph graph(roads);
  return {std::move(roads), std::move(injection), std::move(graph)};
}

// Nodes from which an arc into a ghost is reached before what the ghost holds is used up.
std::vector<char> near_ghosts(const Graph& graph, const std::map<int, double>& held) {
  std::vector<char> near(graph.nodes.size());
  std::vector<std::vector<std::pair<int, double>>> arriving;  // by node: from, length
  std::priority_queue<std::pair<double, int>> queue;          // how much is left, node
  std::vector<double> left(graph.nodes.size(), 0);
  for (const GraphArc& arc : graph.into_ghosts) {
    const auto ghost = held.find(arc.to);
    if (ghost != held.end() && arc.length < ghost->second) queue.push({ghost->second - arc.length, arc.from});
  }
  if (queue.empty()) return near;
  arriving.resize(graph.nodes.size());
  for (const GraphArc& arc : graph.arcs) arriving[static_cast<size_t>(arc.to)].emplace_back(arc.from, arc.length);
  while (!queue.empty()) {
    const auto [rest, node] = queue.top();
    queue.pop();
    if (rest <= left[static_cast<size_t>(node)]) continue;
    left[static_cast<size_t>(node)] = rest;
    near[static_cast<size_t>(node)] = 1;
    for (const auto& [from, length] : arriving[static_cast<size_t>(node)]) {
      // A little more than could be: the sums of a search are rounded otherwise.
      if (rest - length > -1e-6) queue.push({std::max(rest - length, 1e-6), from});
    }
  }
  return near;
}

// Walks from the sources that may enter a ghost, in their order, and follows what the ghosts hold meanwhile.
KnownRoutes walk_near_ghosts(const AplsGraph& from, const Target& target) {
  KnownRoutes known;
  const std::vector<int>& images = target.injection.images;
  const auto is_ghost = [&](int image) { return image >= 0 && target.graph.index[static_cast<size_t>(image)] < 0; };
  if (target.graph.into_ghosts.empty() && std::none_of(images.begin(), images.end(), is_ghost)) return known;
  std::map<int, double> held;
  for (const auto& [point, distance] : target.injection.new_points) {
    if (target.graph.index[static_cast<size_t>(point)] < 0) held[point] = distance;
  }
  const std::vector<char> near = near_ghosts(target.graph, held);
  PointRoutes here(from), there(target.roads);
  for (const auto& [ghost, distance] : held) there.set_ghost(ghost, distance);
  std::vector<std::pair<int, FixedLength>>& targets = known.targets;
  for (size_t node = 0; node < images.size(); ++node) {
    if (is_ghost(images[node])) targets.push_back({static_cast<int>(node), {{{0, there.distance_to(images[node])}}}});
  }
  for (size_t source = 0; source < images.size(); ++source) {
    known.unplaced_sources.push_back(images[source] < 0);
    if (images[source] < 0 || is_ghost(images[source])) continue;
    if (!near[static_cast<size_t>(target.graph.index[static_cast<size_t>(images[source])])]) continue;
    known.sources.emplace_back(static_cast<int>(source), walk_routes(here, there, images, source));
    known.sources.back().second.walked = 1;
    for (auto& [node, lengths] : targets) {
      const double now = there.distance_to(images[static_cast<size_t>(node)]);
      if (now != lengths.since.back().second) lengths.since.emplace_back(static_cast<int>(source), now);
    }
  }
  return known;
}

OneWay one_way(const AplsGraph& from, const AplsGraph& to, const AplsParameters& parameters, int threads) {
  const Graph graph(from);
  const Target target = inject_nodes(from, graph.nodes, to, parameters.snap_pixels());
  std::vector<int> images;
  for (const int image : target.injection.images) {
    images.push_back(image < 0 ? -1 : target.graph.index[static_cast<size_t>(image)]);
  }
  const Hierarchy here(static_cast<int>(graph.nodes.size()), graph.arcs);
  const Hierarchy there(static_cast<int>(target.graph.nodes.size()), target.graph.arcs);
  return compare_routes(here, there, images, threads, walk_near_ghosts(from, target));
}

}  // namespace

std::pair<OneWay, OneWay> both_ways(const AplsGraph& truth, const AplsGraph& prediction,
                                    const AplsParameters& parameters, AplsMethod method, int threads) {
  if (method == AplsMethod::literal) {
    return {one_way_literal(truth, prediction, parameters), one_way_literal(prediction, truth, parameters)};
  }
  return {one_way(truth, prediction, parameters, threads), one_way(prediction, truth, parameters, threads)};
}

}  // namespace ppl::score
