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
  explicit Scan(const AplsGraph& roads) : roads_(roads), order_(roads.nodes.in_order()) {}

  int node_at(Point place) override {
    for (const int node : order_) {
      if (same_place(roads_.place(node), place)) return node;
    }
    return -1;
  }
  NearestEdge nearest_edge(Point place) override {
    NearestEdge best;
    for (const int node : order_) {
      for (const int e : roads_.edges_at(node)) {
        if (roads_.edge(e).first() == node && !take_if_nearer(roads_, e, place, best)) return best;
      }
    }
    return best;
  }
  void node_added(int) override { order_ = roads_.nodes.in_order(); }
  void edge_replaced(int, int, int) override {}

 private:
  const AplsGraph& roads_;
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
  return {foot, fdlibm_distance(p, foot)};
}

// The points of both parts of an edge that is cut at a foot beside a vertex. A vertex at the foot gives way to it.
std::pair<std::vector<int>, std::vector<int>> cut(const AplsGraph& roads, const NearestEdge& at, int foot) {
  const std::vector<int>& points = roads.edge(at.edge).points;
  const Point vertex = roads.place(at.vertex);
  size_t i = 0;  // the first vertex at that place, which may be an earlier one
  while (!same_place(roads.place(points[i]), vertex)) ++i;
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
std::pair<int, int> split(AplsGraph& roads, const NearestEdge& at, int foot) {
  auto [before, after] = cut(roads, at, foot);
  const int start = roads.edge(at.edge).first(), end = roads.edge(at.edge).last();
  roads.detach_ends(at.edge);
  const int first = roads.add_edge(std::move(before)), second = roads.add_edge(std::move(after));
  roads.attach(first, foot);
  roads.attach(second, foot);
  roads.attach(first, start);
  roads.attach(second, end);
  return {first, second};
}

}  // namespace

int split_edge(AplsGraph& roads, const NearestEdge& at, Locator& locator) {
  const int foot = roads.add_point(at.foot);
  const auto [first, second] = split(roads, at, foot);
  if (roads.nodes.insert(foot, at.foot)) locator.node_added(foot);
  locator.edge_replaced(at.edge, first, second);
  return foot;
}

bool take_if_nearer(const AplsGraph& roads, int number, Point place, NearestEdge& best) {
  const Edge& edge = roads.edge(number);
  // Part of the metric, not only a shortcut: a vertex within 0.1 pixels counts as no distance at all.
  if (!edge.box.contains(place, best.distance)) return true;
  for (size_t i = 1; i < edge.points.size(); ++i) {
    const int a = edge.points[i - 1], b = edge.points[i];
    const Foot foot = foot_on_segment(place, roads.place(a), roads.place(b));
    if (!(foot.distance < best.distance)) continue;
    const int hit = same_place(foot.place, roads.place(edge.first()))  ? edge.first()
                    : same_place(foot.place, roads.place(edge.last())) ? edge.last()
                                                                       : -1;
    best = {foot.distance, number, foot.place, same_place(foot.place, roads.place(b)) ? b : a, hit};
    if (foot.distance == 0) return false;
  }
  return true;
}

std::unique_ptr<Locator> scan(const AplsGraph& roads) { return std::make_unique<Scan>(roads); }

Injection inject(AplsGraph& roads, const std::vector<Point>& places, double snap_pixels, Locator& locator) {
  Injection result;
  PlaceMap nodes_at;  // where images are nodes that were there before
  std::vector<Point> image_places;
  for (const Point place : places) {
    image_places.push_back(place);
    result.images.push_back(-1);
    if (const int node = locator.node_at(place); node >= 0) {
      image_places.back() = roads.place(node);
      nodes_at.set(roads.place(node), node);
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
    const int foot = split_edge(roads, nearest, locator);
    result.images.back() = foot;
    result.new_points.emplace_back(foot, nearest.distance);
  }
  for (size_t i = 0; i < places.size(); ++i) {
    if (result.images[i] >= 0) result.images[i] = nodes_at.find(image_places[i], result.images[i]);
  }
  return result;
}

}  // namespace ppl::score
