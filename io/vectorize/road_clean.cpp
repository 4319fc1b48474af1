// Junctions, spurs and crumbs of a traced network.
#include <algorithm>
#include <set>

#include "io/vectorize/road_lines.h"

namespace ppl {
namespace {

// A dead end whose other end is a junction; -1 where the edge is none, else the dead node.
int32_t dead_node(const RoadNetwork& network, int32_t edge) {
  const RoadEdge& e = network.edge(edge);
  if (network.degree(e.from) == 1 && network.degree(e.to) > 2) return e.from;
  if (network.degree(e.to) == 1 && network.degree(e.from) > 2) return e.to;
  return -1;
}

class Pruner {
 public:
  Pruner(RoadNetwork& network, const LengthLimit& limit, const SpurKept& kept)
      : network_(network), limit_(limit), kept_(kept) {
    for (int32_t i = 0; i < network.edge_count(); ++i) consider(i);
  }

  // Shortest first: when a fork's shorter arm is gone, the longer one is the road's own end.
  void run() {
    while (!spurs_.empty()) {
      const int32_t edge = spurs_.begin()->second;
      spurs_.erase(spurs_.begin());
      if (!network_.alive(edge)) continue;
      const int32_t dead = dead_node(network_, edge);
      if (dead < 0) continue;
      const RoadEdge& e = network_.edge(edge);
      const int32_t junction = e.from == dead ? e.to : e.from;
      network_.remove_edge(edge);
      const int32_t joined = network_.dissolve(junction);
      if (joined >= 0) consider(joined);
    }
  }

 private:
  void consider(int32_t edge) {
    if (!network_.alive(edge)) return;
    const int32_t dead = dead_node(network_, edge);
    if (dead < 0) return;
    const RoadEdge& e = network_.edge(edge);
    const Point junction = network_.node(e.from == dead ? e.to : e.from);
    if (kept_(network_.node(dead), junction)) return;
    if (network_.length(edge) < limit_(junction)) spurs_.emplace(network_.length(edge), edge);
  }

  RoadNetwork& network_;
  const LengthLimit& limit_;
  const SpurKept& kept_;
  std::set<std::pair<double, int32_t>> spurs_;
};

}  // namespace

void merge_junctions(RoadNetwork& network, const LengthLimit& limit) {
  const auto is_short = [&](int32_t i) {
    const Line& line = network.edge(i).line;
    return network.length(i) < limit(line[line.size() / 2]);
  };
  std::vector<std::pair<double, int32_t>> links;
  for (int32_t i = 0; i < network.edge_count(); ++i) {
    if (network.alive(i) && is_short(i)) links.emplace_back(network.length(i), i);
  }
  std::sort(links.begin(), links.end());
  for (const auto& [unused, i] : links) {
    if (!network.alive(i) || !is_short(i)) continue;
    const RoadEdge& e = network.edge(i);
    if (e.from == e.to) {
      network.remove_edge(i);
    } else if (network.degree(e.from) > 2 && network.degree(e.to) > 2) {
      network.contract(i);
    }
  }
}

void prune_spurs(RoadNetwork& network, const LengthLimit& limit, const SpurKept& kept) {
  Pruner(network, limit, kept).run();
}

void dissolve_all(RoadNetwork& network) {
  for (int32_t i = 0; i < network.node_count(); ++i) network.dissolve(i);
}

void drop_short_networks(RoadNetwork& network, double shorter_than) {
  std::vector<char> seen(static_cast<size_t>(network.node_count()), 0);
  for (int32_t first = 0; first < network.node_count(); ++first) {
    if (seen[static_cast<size_t>(first)]) continue;
    std::vector<int32_t> nodes{first};
    std::set<int32_t> edges;
    seen[static_cast<size_t>(first)] = 1;
    double sum = 0;
    for (size_t k = 0; k < nodes.size(); ++k) {
      for (const int32_t i : network.edges_at(nodes[k])) {
        if (!edges.insert(i).second) continue;
        sum += network.length(i);
        for (const int32_t node : {network.edge(i).from, network.edge(i).to}) {
          if (seen[static_cast<size_t>(node)]) continue;
          seen[static_cast<size_t>(node)] = 1;
          nodes.push_back(node);
        }
      }
    }
    if (sum >= shorter_than) continue;
    for (const int32_t i : edges) network.remove_edge(i);
  }
}

}  // namespace ppl
