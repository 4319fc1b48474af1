#include "apps/score/apls/point_routes.h"

#include <algorithm>
#include <unordered_map>

namespace ppl::score {

PointRoutes::PointRoutes(const AplsGraph& roads)
    : roads_(roads), nodes_(roads.nodes.in_order()), is_node_(static_cast<size_t>(roads.points())) {
  for (const int node : nodes_) is_node_[static_cast<size_t>(node)] = 1;
  distances_.assign(is_node_.size(), 0);
  twins_.resize(is_node_.size());
  find_twins();
}

void PointRoutes::search(int start) {
  for (const int node : nodes_) distances_[static_cast<size_t>(node)] = kUnreachable;
  if (!is_node_[static_cast<size_t>(start)]) return;
  visited_.assign(is_node_.size(), 0);
  distances_[static_cast<size_t>(start)] = 0;
  queue_.push({0, start});
  while (!queue_.empty()) {
    const int point = queue_.top().second;
    queue_.pop();
    if (visited(point)) continue;
    visited_[static_cast<size_t>(point)] = 1;
    expand(point);
  }
}

// A point counts as visited once an equal one was.
bool PointRoutes::visited(int point) const {
  if (visited_[static_cast<size_t>(point)]) return true;
  const std::vector<int>& twins = twins_[static_cast<size_t>(point)];
  return std::any_of(twins.begin(), twins.end(), [&](int twin) { return visited_[static_cast<size_t>(twin)] != 0; });
}

void PointRoutes::expand(int point) {
  for (const int e : roads_.edges_at(point)) {
    const int next = roads_.other_end(e, point);
    const double through = distances_[static_cast<size_t>(point)] + roads_.edge(e).length;
    if (visited(next) || !(through < distances_[static_cast<size_t>(next)])) continue;
    distances_[static_cast<size_t>(next)] = through;
    queue_.push({through, next});
  }
}

void PointRoutes::find_twins() {
  std::unordered_map<int32_t, std::vector<int>> ends_in_cell;
  std::vector<char> seen(is_node_.size());
  const auto add = [&](int point) {
    if (std::exchange(seen[static_cast<size_t>(point)], 1)) return;
    std::vector<int>& others = ends_in_cell[cell_key(roads_.place(point))];
    for (const int other : others) {
      if (!same_place(roads_.place(point), roads_.place(other))) continue;
      twins_[static_cast<size_t>(point)].push_back(other);
      twins_[static_cast<size_t>(other)].push_back(point);
    }
    others.push_back(point);
  };
  for (const int node : nodes_) add(node);
  for (int e = 0; e < roads_.edge_numbers(); ++e) {
    add(roads_.edge(e).first());
    add(roads_.edge(e).last());
  }
}

OneWay walk_routes(PointRoutes& from, PointRoutes& to, const std::vector<int>& images, size_t source) {
  OneWay sums;
  const int start = images[source];
  from.search(from.nodes()[source]);
  if (start >= 0) to.search(start);
  for (size_t t = 0; t < images.size(); ++t) {
    const double length = from.distance_to(from.nodes()[t]);
    if (t == source || length == kUnreachable) continue;
    const double there = start < 0 || images[t] < 0 ? kUnreachable : to.distance_to(images[t]);
    const double lost = there == kUnreachable ? 1 : loss(length, there);
    sums.lost += lost;
    sums.lost_length += lost * length;
    sums.routes_length += length;
    ++sums.routes;
  }
  return sums;
}

}  // namespace ppl::score
