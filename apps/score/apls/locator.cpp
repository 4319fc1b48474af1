// Nodes and edges by cells of a grid; where several answer, the one that a scan would have met first.
#include <algorithm>
#include <cmath>

#include "apps/score/apls/injection.h"

namespace ppl::score {
namespace {

// Numbers by the square cells that their boxes touch. Cells share lists by a hash, so what comes back may lie
// elsewhere.
class Cells {
 public:
  Cells(double side, size_t expected) : side_(side) {
    while (heads_.size() < expected) heads_.resize(heads_.size() * 2);
    std::fill(heads_.begin(), heads_.end(), -1);
  }

  void add(int number, const Box& box) {
    for_each(box, [&](int& head) {
      entries_.push_back({number, head});
      head = static_cast<int>(entries_.size()) - 1;
    });
  }

  // May give a number several times.
  void collect(const Box& box, std::vector<int>& numbers) {
    for_each(box, [&](const int& head) {
      for (int e = head; e >= 0; e = entries_[static_cast<size_t>(e)].next) {
        numbers.push_back(entries_[static_cast<size_t>(e)].number);
      }
    });
  }

 private:
  struct Entry {
    int number;
    int next;
  };
  template <class Visit>
  void for_each(const Box& box, Visit&& visit) {
    const int64_t left = column(box.min_x), right = column(box.max_x), top = column(box.min_y),
                  bottom = column(box.max_y);
    for (int64_t x = left; x <= right; ++x) {
      for (int64_t y = top; y <= bottom; ++y) {
        const uint64_t mixed =
            static_cast<uint64_t>(x) * 0x9e3779b97f4a7c15u + static_cast<uint64_t>(y) * 0xc2b2ae3d27d4eb4fu;
        visit(heads_[(mixed ^ mixed >> 32) & (heads_.size() - 1)]);
      }
    }
  }
  int64_t column(double x) const {
    constexpr double kFarthest = 0x1p60;
    return static_cast<int64_t>(std::clamp(std::floor(x / side_), -kFarthest, kFarthest));
  }

  double side_;
  std::vector<int> heads_ = std::vector<int>(64);
  std::vector<Entry> entries_;
};

// Cells of the edges' usual size, larger where a few long edges would fill too many.
double cell_side(const AplsGraph& roads, double at_least) {
  double extent = 0;
  for (int e = 0; e < roads.edge_numbers(); ++e) {
    const Box& box = roads.edge(e).box;
    extent += box.max_x - box.min_x + box.max_y - box.min_y;
  }
  double side = std::max(at_least, extent / (2 * std::max(roads.edge_numbers(), 1)));
  const auto touched = [&] {
    double cells = 0;
    for (int e = 0; e < roads.edge_numbers(); ++e) {
      const Box& box = roads.edge(e).box;
      cells += ((box.max_x - box.min_x) / side + 1) * ((box.max_y - box.min_y) / side + 1);
    }
    return cells;
  };
  while (touched() > 16.0 * roads.edge_numbers()) side *= 2;
  return side;
}

class Grid : public Locator {
 public:
  Grid(const AplsGraph& roads, double snap_pixels)
      : roads_(roads),
        reach_(snap_pixels + 0.2),
        edges_(cell_side(roads, 2 * reach_), 2 * static_cast<size_t>(roads.edge_numbers())),
        nodes_(kNodeSide, static_cast<size_t>(roads.nodes.size())) {
    for (const int node : roads.nodes.in_order()) node_added(node);
    for (int e = 0; e < roads.edge_numbers(); ++e) edges_.add(e, roads.edge(e).box);
    replaced_.resize(static_cast<size_t>(roads.edge_numbers()));
  }

  int node_at(Point place) override {
    found_.clear();
    nodes_.collect(Box::around(place).grown(kNodeReach), found_);
    int first = -1;
    for (const int node : found_) {
      if (node == first || !same_place(roads_.place(node), place)) continue;
      if (first < 0 || rank(node) < rank(first)) first = node;
    }
    return first;
  }

  NearestEdge nearest_edge(Point place) override {
    found_.clear();
    edges_.collect(Box::around(place).grown(reach_), found_);
    std::erase_if(found_, [&](int e) { return !is_target(e, place); });
    candidates_.clear();
    for (const int e : found_) candidates_.emplace_back(rank(roads_.edge(e).first()), e);
    // Of one node's edges the older come first: edges are numbered as they are made.
    std::sort(candidates_.begin(), candidates_.end());
    NearestEdge best;
    for (const auto& [order, e] : candidates_) {
      if (!take_if_nearer(roads_, e, place, best)) break;
    }
    return best;
  }

  void node_added(int point) override { nodes_.add(point, Box::around(roads_.place(point))); }

  void edge_replaced(int edge, int first_part, int second_part) override {
    replaced_.resize(static_cast<size_t>(roads_.edge_numbers()));
    replaced_[static_cast<size_t>(edge)] = 1;
    for (const int part : {first_part, second_part}) edges_.add(part, roads_.edge(part).box);
  }

 private:
  static constexpr double kNodeSide = 8, kNodeReach = 0.11;  // pixels

  NodeSet::Rank rank(int node) const { return roads_.nodes.rank(roads_.place(node)); }

  bool is_target(int e, Point place) const {
    const Edge& edge = roads_.edge(e);
    return !replaced_[static_cast<size_t>(e)] && edge.box.contains(place, reach_) && roads_.is_node(edge.first());
  }

  const AplsGraph& roads_;
  double reach_;
  Cells edges_, nodes_;
  std::vector<char> replaced_;
  std::vector<int> found_;
  std::vector<std::pair<NodeSet::Rank, int>> candidates_;
};

}  // namespace

std::unique_ptr<Locator> grid(const AplsGraph& roads, double snap_pixels) {
  return std::make_unique<Grid>(roads, snap_pixels);
}

}  // namespace ppl::score
