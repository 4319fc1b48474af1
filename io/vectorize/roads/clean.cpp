// Junctions, spurs and crumbs of a traced road graph.
#include <algorithm>
#include <set>

#include "io/vectorize/roads/road_lines.h"

namespace ppl {
namespace {

// A dead end whose other end is a junction; -1 where the edge is none, else the dead node.
int32_t dead_node(const RoadGraph& graph, int32_t edge) {
  const RoadEdge& e = graph.edge(edge);
  if (graph.degree(e.from) == 1 && graph.degree(e.to) > 2) return e.from;
  if (graph.degree(e.to) == 1 && graph.degree(e.from) > 2) return e.to;
  return -1;
}

class Pruner {
 public:
  Pruner(RoadGraph& graph, const LengthLimit& limit, const SpurKept& kept) : graph_(graph), limit_(limit), kept_(kept) {
    for (int32_t i = 0; i < graph.edge_count(); ++i) consider(i);
  }

  // Shortest first: when a fork's shorter arm is gone, the longer one is the road's own end.
  void run() {
    while (!spurs_.empty()) {
      const int32_t edge = spurs_.begin()->second;
      spurs_.erase(spurs_.begin());
      if (!graph_.alive(edge)) continue;
      const int32_t dead = dead_node(graph_, edge);
      if (dead < 0) continue;
      const RoadEdge& e = graph_.edge(edge);
      const int32_t junction = e.from == dead ? e.to : e.from;
      graph_.remove_edge(edge);
      const int32_t joined = graph_.dissolve(junction);
      if (joined >= 0) consider(joined);
    }
  }

 private:
  void consider(int32_t edge) {
    if (!graph_.alive(edge)) return;
    const int32_t dead = dead_node(graph_, edge);
    if (dead < 0) return;
    const RoadEdge& e = graph_.edge(edge);
    const Point junction = graph_.node(e.from == dead ? e.to : e.from);
    if (kept_(graph_.node(dead), junction)) return;
    if (graph_.length(edge) < limit_(junction)) spurs_.emplace(graph_.length(edge), edge);
  }

  RoadGraph& graph_;
  const LengthLimit& limit_;
  const SpurKept& kept_;
  std::set<std::pair<double, int32_t>> spurs_;
};

}  // namespace

void merge_junctions(RoadGraph& graph, const LengthLimit& limit) {
  const auto is_short = [&](int32_t i) {
    const Line& line = graph.edge(i).line;
    return graph.length(i) < limit(line[line.size() / 2]);
  };
  std::vector<std::pair<double, int32_t>> links;
  for (int32_t i = 0; i < graph.edge_count(); ++i) {
    if (graph.alive(i) && is_short(i)) links.emplace_back(graph.length(i), i);
  }
  std::sort(links.begin(), links.end());
  for (const auto& [unused, i] : links) {
    if (!graph.alive(i) || !is_short(i)) continue;
    const RoadEdge& e = graph.edge(i);
    if (e.from == e.to) {
      graph.remove_edge(i);
    } else if (graph.degree(e.from) > 2 && graph.degree(e.to) > 2) {
      graph.contract(i);
    }
  }
}

void prune_spurs(RoadGraph& graph, const LengthLimit& limit, const SpurKept& kept) { Pruner(graph, limit, kept).run(); }

void dissolve_all(RoadGraph& graph) {
  for (int32_t i = 0; i < graph.node_count(); ++i) graph.dissolve(i);
}

void drop_short_pieces(RoadGraph& graph, double shorter_than) {
  std::vector<char> seen(static_cast<size_t>(graph.node_count()), 0);
  for (int32_t first = 0; first < graph.node_count(); ++first) {
    if (seen[static_cast<size_t>(first)]) continue;
    std::vector<int32_t> nodes{first};
    std::set<int32_t> edges;
    seen[static_cast<size_t>(first)] = 1;
    double sum = 0;
    for (size_t k = 0; k < nodes.size(); ++k) {
      for (const int32_t i : graph.edges_at(nodes[k])) {
        if (!edges.insert(i).second) continue;
        sum += graph.length(i);
        for (const int32_t node : {graph.edge(i).from, graph.edge(i).to}) {
          if (seen[static_cast<size_t>(node)]) continue;
          seen[static_cast<size_t>(node)] = 1;
          nodes.push_back(node);
        }
      }
    }
    if (sum >= shorter_than) continue;
    for (const int32_t i : edges) graph.remove_edge(i);
  }
}

}  // namespace ppl
