#include "apps/score/apls/injection.h"

#include <unordered_map>

namespace ppl::score {
namespace {

// Points by place: a map whose keys are equal as those of a NodeSet are. The first key of a place stays.
class PlaceMap {
 public:
  void set(Point place, int point) {
    auto& entries = entries_[cell_key(place)];
    for (auto& [known, value] : entries) {
      if (same_place(known, place)) {
        value = point;
        return;
      }
    }
    entries.emplace_back(place, point);
  }
  int find(Point place, int otherwise) const {
    const auto entries = entries_.find(cell_key(place));
    if (entries == entries_.end()) return otherwise;
    for (const auto& [known, value] : entries->second) {
      if (same_place(known, place)) return value;
    }
    return otherwise;
  }

 private:
  std::unordered_map<int32_t, std::vector<std::pair<Point, int>>> entries_;
};

class Scan : public Locator {
 public:
  explicit Scan(const Network& network) : network_(network), order_(network.nodes.in_order()) {}

  int node_at(Point place) override {
    for (const int node : order_) {
      if (same_place(network_.place(node), place)) return node;
    }
    return -1;
  }
  NearestEdge nearest_edge(Point place) override {
    NearestEdge best;
    for (const int node : order_) {
      for (const int e : network_.edges_at(node)) {
        if (network_.edge(e).first() == node && !take_if_nearer(network_, e, place, best)) return best;
      }
    }
    return best;
  }
  void node_added(int) override { order_ = network_.nodes.in_order(); }
  void edge_replaced(int, int, int) override {}

 private:
  const Network& network_;
  std::vector<int> order_;
};

struct Foot {
  Point place;
  double distance;
};

Foot foot_on_segment(Point p, Point a, Point b) {
  if (same_place(p, a)) return {a, 0};
  if (same_place(p, b)) return {b, 0};
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double u = ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy);
  const Point foot = u > 1 ? b : u < 0 ? a : Point{a.x + u * dx, a.y + u * dy};
  return {foot, distance(p, foot)};
}

// The points of both parts of an edge that is cut at a foot beside a vertex. A vertex at the foot gives way to it.
std::pair<std::vector<int>, std::vector<int>> cut(const Network& network, const NearestEdge& at, int foot) {
  const std::vector<int>& points = network.edge(at.edge).points;
  const Point vertex = network.place(at.vertex);
  size_t i = 0;  // the first vertex at that place, which may be an earlier one
  while (!same_place(network.place(points[i]), vertex)) ++i;
  std::vector<int> before, after;
  before.reserve(i + 2);
  after.reserve(points.size() - i);
  before.assign(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(i));
  if (!same_place(at.foot, vertex)) before.push_back(at.vertex);
  before.push_back(foot);
  after.push_back(foot);
  after.insert(after.end(), points.begin() + static_cast<std::ptrdiff_t>(i) + 1, points.end());
  return {std::move(before), std::move(after)};
}

// Replaces the edge by its two parts, which stay listed at the old ends.
std::pair<int, int> split(Network& network, const NearestEdge& at, int foot) {
  auto [before, after] = cut(network, at, foot);
  const int start = network.edge(at.edge).first(), end = network.edge(at.edge).last();
  network.detach_ends(at.edge);
  const int first = network.add_edge(std::move(before)), second = network.add_edge(std::move(after));
  network.attach(first, foot);
  network.attach(second, foot);
  network.attach(first, start);
  network.attach(second, end);
  return {first, second};
}

}  // namespace

int split_edge(Network& network, const NearestEdge& at, Locator& locator) {
  const int foot = network.add_point(at.foot);
  const auto [first, second] = split(network, at, foot);
  if (network.nodes.insert(foot, at.foot)) locator.node_added(foot);
  locator.edge_replaced(at.edge, first, second);
  return foot;
}

bool take_if_nearer(const Network& network, int number, Point place, NearestEdge& best) {
  const Edge& edge = network.edge(number);
  // Part of the metric, not only a shortcut: a vertex within 0.1 pixels counts as no distance at all.
  if (!edge.box.contains(place, best.distance)) return true;
  for (size_t i = 1; i < edge.points.size(); ++i) {
    const int a = edge.points[i - 1], b = edge.points[i];
    const Foot foot = foot_on_segment(place, network.place(a), network.place(b));
    if (!(foot.distance < best.distance)) continue;
    const int hit = same_place(foot.place, network.place(edge.first()))  ? edge.first()
                    : same_place(foot.place, network.place(edge.last())) ? edge.last()
                                                                         : -1;
    best = {foot.distance, number, foot.place, same_place(foot.place, network.place(b)) ? b : a, hit};
    if (foot.distance == 0) return false;
  }
  return true;
}

std::unique_ptr<Locator> scan(const Network& network) { return std::make_unique<Scan>(network); }

Injection inject(Network& network, const std::vector<Point>& places, double snap_pixels, Locator& locator) {
  Injection result;
  PlaceMap nodes_at;  // where images are nodes that were there before
  std::vector<Point> image_places;
  for (const Point place : places) {
    image_places.push_back(place);
    result.images.push_back(-1);
    if (const int node = locator.node_at(place); node >= 0) {
      image_places.back() = network.place(node);
      nodes_at.set(network.place(node), node);
      result.images.back() = node;
      continue;
    }
    const NearestEdge nearest = locator.nearest_edge(place);
    if (nearest.edge < 0 || !(nearest.distance <= snap_pixels)) continue;
    image_places.back() = nearest.foot;
    if (nearest.hit >= 0) {
      nodes_at.set(nearest.foot, nearest.hit);
      result.images.back() = nearest.hit;
      continue;
    }
    const int foot = split_edge(network, nearest, locator);
    result.images.back() = foot;
    result.new_points.emplace_back(foot, nearest.distance);
  }
  for (size_t i = 0; i < places.size(); ++i) {
    if (result.images[i] >= 0) result.images[i] = nodes_at.find(image_places[i], result.images[i]);
  }
  return result;
}

}  // namespace ppl::score
