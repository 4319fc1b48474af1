#include <memory_resource>
#include <unordered_map>

#include "apps/score/apls/graph.h"

namespace ppl::score {
namespace {

// Every vertex a node, every segment an edge.
AplsGraph segments_of(const std::vector<RoadLine>& lines) {
  AplsGraph roads;
  std::pmr::monotonic_buffer_resource memory;  // of many small pieces, given back in one
  std::pmr::unordered_map<int32_t, int> node_in_cell(&memory);
  for (const RoadLine& line : lines) {
    int previous = -1;
    for (const Point place : line.points) {
      const auto [found, fresh] = node_in_cell.try_emplace(cell_key(place), roads.points());
      if (fresh) roads.nodes.insert(roads.add_point(place), place);
      if (previous >= 0) roads.attach_ends(roads.add_edge({previous, found->second}));
      previous = found->second;
    }
  }
  return roads;
}

// Joins edges that meet in simple nodes: those with two edges and no more.
class Contraction {
 public:
  Contraction(AplsGraph& roads, Joined joined)
      : roads_(roads),
        joined_(joined),
        simple_(static_cast<size_t>(roads.points())),
        absorbed_(static_cast<size_t>(roads.points())) {}

  void run() {
    const std::vector<int> order = roads_.nodes.in_order();
    for (const int node : order) simple_[static_cast<size_t>(node)] = is_simple(node);
    for (const int node : order) {
      if (!simple_[static_cast<size_t>(node)] && !absorbed_[static_cast<size_t>(node)]) visit(node);
    }
    for (const int node : order) {
      if (!absorbed_[static_cast<size_t>(node)]) continue;
      roads_.nodes.erase(node, roads_.place(node));
      roads_.clear_edges_at(node);
    }
  }

 private:
  bool is_simple(int node) const {
    const EdgeList& edges = roads_.edges_at(node);
    if (edges.size() != 2 || joined_ == Joined::two_edges) return edges.size() == 2;
    const int one = roads_.other_end(edges[0], node), other = roads_.other_end(edges[1], node);
    return one != other && one != node && other != node;
  }

  void visit(int node) {
    const EdgeList edges = roads_.edges_at(node);
    for (const int e : edges) {
      const int neighbour = roads_.other_end(e, node);
      if (absorbed_[static_cast<size_t>(neighbour)]) {
        roads_.detach(e, node);
      } else if (simple_[static_cast<size_t>(neighbour)]) {
        std::vector<int> chain = follow(node, neighbour);
        roads_.detach(e, node);
        roads_.detach(e, chain.back());
        roads_.attach_ends(roads_.add_edge(std::move(chain)));
      }
    }
  }

  // From a node through simple ones to the next that is not.
  std::vector<int> follow(int node, int next) {
    std::vector<int> chain{node};
    while (simple_[static_cast<size_t>(next)]) {
      const int previous = chain.back();
      chain.push_back(next);
      simple_[static_cast<size_t>(next)] = false;
      absorbed_[static_cast<size_t>(next)] = true;
      next = beyond(next, previous);
    }
    chain.push_back(next);
    return chain;
  }

  int beyond(int node, int previous) const {
    for (const int e : roads_.edges_at(node)) {
      const int neighbour = roads_.other_end(e, node);
      if (neighbour != previous) return neighbour;
    }
    return previous;
  }

  AplsGraph& roads_;
  const Joined joined_;
  std::vector<char> simple_, absorbed_;
};

}  // namespace

AplsGraph build_graph(const std::vector<RoadLine>& lines, Joined joined) {
  AplsGraph roads = segments_of(lines);
  Contraction(roads, joined).run();
  return roads;
}

}  // namespace ppl::score
