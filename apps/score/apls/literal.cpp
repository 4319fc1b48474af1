#include <algorithm>
#include <limits>
#include <queue>
#include <unordered_map>

#include "apps/score/apls/injection.h"
#include "apps/score/apls/one_way.h"

namespace ppl::score {
namespace {

constexpr double kUnreachable = std::numeric_limits<double>::infinity();

// Dijkstra over point objects. Nodes start each search as unreachable; a ghost keeps what it held: a search may only
// lower it, for good. So a ghost that holds 0 stops every road that leads through it.
class Routes {
 public:
  explicit Routes(const Network& network)
      : network_(network), nodes_(network.nodes.in_order()), is_node_(static_cast<size_t>(network.points())) {
    for (const int node : nodes_) is_node_[static_cast<size_t>(node)] = 1;
    distances_.assign(is_node_.size(), 0);
    twins_.resize(is_node_.size());
    find_twins();
  }

  void set_ghost(int point, double distance) { distances_[static_cast<size_t>(point)] = distance; }

  // distances()[p] from a point to all others; nothing is reached from a ghost.
  void search(int start) {
    for (const int node : nodes_) distances_[static_cast<size_t>(node)] = kUnreachable;
    if (!is_node_[static_cast<size_t>(start)]) return;
    visited_.assign(is_node_.size(), 0);
    distances_[static_cast<size_t>(start)] = 0;
    queue_.push({0, start});
    while (!queue_.empty()) {
      const auto [reached, point] = queue_.top();
      queue_.pop();
      if (visited(point)) continue;
      visited_[static_cast<size_t>(point)] = 1;
      expand(point);
    }
  }
  double distance_to(int point) const { return distances_[static_cast<size_t>(point)]; }
  const std::vector<int>& nodes() const { return nodes_; }

 private:
  // A point counts as visited once an equal one was.
  bool visited(int point) const {
    if (visited_[static_cast<size_t>(point)]) return true;
    const std::vector<int>& twins = twins_[static_cast<size_t>(point)];
    return std::any_of(twins.begin(), twins.end(), [&](int twin) { return visited_[static_cast<size_t>(twin)] != 0; });
  }

  void expand(int point) {
    for (const int e : network_.edges_at(point)) {
      const int next = network_.other_end(e, point);
      const double through = distances_[static_cast<size_t>(point)] + network_.edge(e).length;
      if (visited(next) || !(through < distances_[static_cast<size_t>(next)])) continue;
      distances_[static_cast<size_t>(next)] = through;
      queue_.push({through, next});
    }
  }

  // Other ends of edges that equal an end: there are some only where there are ghosts.
  void find_twins() {
    std::unordered_map<int32_t, std::vector<int>> ends_in_cell;
    std::vector<char> seen(is_node_.size());
    const auto add = [&](int point) {
      if (std::exchange(seen[static_cast<size_t>(point)], 1)) return;
      std::vector<int>& others = ends_in_cell[cell_key(network_.place(point))];
      for (const int other : others) {
        if (!same_place(network_.place(point), network_.place(other))) continue;
        twins_[static_cast<size_t>(point)].push_back(other);
        twins_[static_cast<size_t>(other)].push_back(point);
      }
      others.push_back(point);
    };
    for (const int node : nodes_) add(node);
    for (int e = 0; e < network_.edge_numbers(); ++e) {
      add(network_.edge(e).first());
      add(network_.edge(e).last());
    }
  }

  const Network& network_;
  const std::vector<int> nodes_;
  std::vector<char> is_node_, visited_;
  std::vector<double> distances_;
  std::vector<std::vector<int>> twins_;
  using Entry = std::pair<double, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace

OneWay one_way_literal(const Network& from, const Network& to, const AplsParameters& parameters) {
  Routes routes(from);
  Network target = copy_for_injection(to);
  std::vector<Point> places;
  for (const int node : routes.nodes()) places.push_back(from.place(node));
  const std::unique_ptr<Locator> locator = scan(target);
  const Injection injection = inject(target, places, parameters.snap_pixels(), *locator);
  Routes target_routes(target);
  for (const auto& [point, distance] : injection.new_points) target_routes.set_ghost(point, distance);

  OneWay result;
  result.literal = true;
  for (size_t s = 0; s < places.size(); ++s) {
    const int start = injection.images[s];
    routes.search(routes.nodes()[s]);
    if (start >= 0) target_routes.search(start);
    for (size_t t = 0; t < places.size(); ++t) {
      const double length = routes.distance_to(routes.nodes()[t]);
      if (t == s || length == kUnreachable) continue;
      const int end = injection.images[t];
      const double there = start < 0 || end < 0 ? kUnreachable : target_routes.distance_to(end);
      const double lost = there == kUnreachable ? 1 : loss(length, there);
      result.lost += lost;
      result.lost_length += lost * length;
      result.routes_length += length;
      ++result.routes;
    }
  }
  return result;
}

}  // namespace ppl::score
