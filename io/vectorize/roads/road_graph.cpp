#include "io/vectorize/roads/road_graph.h"

#include <algorithm>

namespace ppl {

RoadGraph::RoadGraph(SkeletonGraph graph) : nodes_(std::move(graph.nodes)), at_(nodes_.size()) {
  for (RoadEdge& e : graph.edges) add_edge(e.from, e.to, std::move(e.line));
}

int32_t RoadGraph::add_node(Point place) {
  nodes_.push_back(place);
  at_.emplace_back();
  return node_count() - 1;
}

int32_t RoadGraph::add_edge(int32_t from, int32_t to, Line line) {
  const int32_t number = edge_count();
  lengths_.push_back(line_length(line));
  alive_.push_back(1);
  edges_.push_back({from, to, std::move(line)});
  at_[static_cast<size_t>(from)].push_back(number);
  at_[static_cast<size_t>(to)].push_back(number);
  return number;
}

void RoadGraph::detach(int32_t edge, int32_t node) {
  auto& at = at_[static_cast<size_t>(node)];
  at.erase(std::find(at.begin(), at.end(), edge));
}

void RoadGraph::remove_edge(int32_t edge) {
  RoadEdge& e = edges_[static_cast<size_t>(edge)];
  detach(edge, e.from);
  detach(edge, e.to);
  alive_[static_cast<size_t>(edge)] = 0;
  e.line = {};
}

int32_t RoadGraph::dissolve(int32_t node) {
  const std::vector<int32_t> at = edges_at(node);
  if (at.size() != 2 || at[0] == at[1]) return -1;
  RoadEdge first = edge(at[0]), second = edge(at[1]);
  if (first.to != node) std::swap(first.from, first.to), std::reverse(first.line.begin(), first.line.end());
  if (second.from != node) std::swap(second.from, second.to), std::reverse(second.line.begin(), second.line.end());
  first.line.insert(first.line.end(), second.line.begin() + 1, second.line.end());
  remove_edge(at[0]);
  remove_edge(at[1]);
  return add_edge(first.from, second.to, std::move(first.line));
}

int32_t RoadGraph::split(int32_t edge_number, size_t segment, Point place) {
  const RoadEdge e = edge(edge_number);
  const int32_t middle = add_node(place);
  Line first(e.line.begin(), e.line.begin() + static_cast<std::ptrdiff_t>(segment));
  Line second(e.line.begin() + static_cast<std::ptrdiff_t>(segment), e.line.end());
  if (first.back() != place || first.size() == 1) first.push_back(place);
  if (second.front() != place || second.size() == 1) second.insert(second.begin(), place);
  remove_edge(edge_number);
  add_edge(e.from, middle, std::move(first));
  add_edge(middle, e.to, std::move(second));
  return middle;
}

void RoadGraph::contract(int32_t edge_number) {
  const int32_t kept = edge(edge_number).from, gone = edge(edge_number).to;
  remove_edge(edge_number);
  const Point middle = (node(kept) + node(gone)) * 0.5;
  nodes_[static_cast<size_t>(kept)] = middle;
  const std::vector<int32_t> moved = edges_at(gone);
  at_[static_cast<size_t>(gone)].clear();
  auto& at = at_[static_cast<size_t>(kept)];
  at.insert(at.end(), moved.begin(), moved.end());
  for (const int32_t number : at) {
    RoadEdge& e = edges_[static_cast<size_t>(number)];
    if (e.from == gone) e.from = kept;
    if (e.to == gone) e.to = kept;
    if (e.from == kept) e.line.front() = middle;
    if (e.to == kept) e.line.back() = middle;
    lengths_[static_cast<size_t>(number)] = line_length(e.line);
  }
}

}  // namespace ppl
