// One way between networks that are ordinary graphs: all ends of edges are nodes, and no edge leads from a place to
// itself by another node. There the walk over points gives shortest distances, and those a hierarchy gives sooner.
#include <optional>

#include "apps/score/apls/hierarchy.h"
#include "apps/score/apls/injection.h"
#include "apps/score/apls/one_way.h"
#include "apps/score/apls/routes.h"

namespace ppl::score {
namespace {

// Below this many pairs of a node and an edge, going through all is no slower than a grid.
constexpr double kScanPairs = 2000;

struct Graph {
  std::vector<int> nodes;  // points, in order
  std::vector<int> index;  // of a point among the nodes, or -1
  std::vector<GraphEdge> edges;
};

// Nothing for a network that is not an ordinary graph.
std::optional<Graph> graph_of(const Network& network) {
  Graph graph{network.nodes.in_order(), std::vector<int>(static_cast<size_t>(network.points()), -1), {}};
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    graph.index[static_cast<size_t>(graph.nodes[i])] = static_cast<int>(i);
  for (const int node : graph.nodes) {
    for (const int number : network.edges_at(node)) {
      const Edge& edge = network.edge(number);
      const int a = graph.index[static_cast<size_t>(edge.first())], b = graph.index[static_cast<size_t>(edge.last())];
      if (a < 0 || b < 0) return {};
      if (edge.first() != edge.last() && same_place(network.place(edge.first()), network.place(edge.last()))) return {};
      if (edge.first() == node) graph.edges.push_back({a, b, edge.length});
    }
  }
  return graph;
}

struct Target {
  Graph graph;
  std::vector<int> images;  // of each node of the other network: a node's index, or -1
};

std::optional<Target> inject_nodes(const Network& from, const std::vector<int>& nodes, const Network& to,
                                   double snap_pixels) {
  Network network = copy_for_injection(to);
  std::vector<Point> places;
  for (const int node : nodes) places.push_back(from.place(node));
  const bool small = static_cast<double>(nodes.size()) * network.edge_numbers() < kScanPairs;
  const std::unique_ptr<Locator> locator = small ? scan(network) : grid(network, snap_pixels);
  Injection injection = inject(network, places, snap_pixels, *locator);
  std::optional<Graph> graph = graph_of(network);
  if (!graph) return {};
  for (int& image : injection.images) {
    if (image < 0) continue;
    image = graph->index[static_cast<size_t>(image)];
    if (image < 0) return {};
  }
  return Target{std::move(*graph), std::move(injection.images)};
}

OneWay one_way(const Network& from, const Network& to, const AplsParameters& parameters, int threads) {
  if (const std::optional<Graph> graph = graph_of(from)) {
    if (const auto target = inject_nodes(from, graph->nodes, to, parameters.snap_pixels())) {
      const Hierarchy routes(static_cast<int>(graph->nodes.size()), graph->edges);
      const Hierarchy there(static_cast<int>(target->graph.nodes.size()), target->graph.edges);
      return compare_routes(routes, there, target->images, threads);
    }
  }
  return one_way_literal(from, to, parameters);
}

}  // namespace

std::pair<OneWay, OneWay> both_ways(const Network& truth, const Network& proposal, const AplsParameters& parameters,
                                    AplsMethod method, int threads) {
  if (method == AplsMethod::kLiteral) {
    return {one_way_literal(truth, proposal, parameters), one_way_literal(proposal, truth, parameters)};
  }
  return {one_way(truth, proposal, parameters, threads), one_way(proposal, truth, parameters, threads)};
}

}  // namespace ppl::score
