#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "apps/town/streets.h"

namespace ppl::synthetic {
namespace {

struct Segment {
  int street;
  int index;  // from point `index` to the next
};

// Where a + t (b - a) meets c + u (d - c), as {t, u}; nothing for parallels or beyond the ends.
std::optional<Point> meet(Point a, Point b, Point c, Point d) {
  const Point r = b - a, s = d - c;
  const double cross = r.cross(s);
  if (std::abs(cross) < 1e-9) return {};
  const double t = (c - a).cross(s) / cross, u = (c - a).cross(r) / cross;
  if (t < 0 || t > 1 || u < 0 || u > 1) return {};
  return Point(t, u);
}

class SegmentGrid {
 public:
  explicit SegmentGrid(const std::vector<Street>& streets) : streets_(streets) {
    for (int s = 0; s < static_cast<int>(streets.size()); ++s) {
      const Line& line = streets[s].line;
      for (int i = 0; i + 1 < static_cast<int>(line.size()); ++i) {
        visit(line[i], line[i + 1], [&](std::pair<int, int> cell) { cells_[cell].push_back({s, i}); });
      }
    }
  }

  // Calls f(segment, t, u) for each crossing of a-b with a segment of another street than `own`; a segment that lies
  // in several cells may be reported more than once.
  template <class F>
  void crossings(Point a, Point b, int own, F f) const {
    visit(a, b, [&](std::pair<int, int> cell) {
      const auto found = cells_.find(cell);
      if (found == cells_.end()) return;
      for (const Segment& segment : found->second) {
        if (segment.street == own) continue;
        const Line& line = streets_[segment.street].line;
        if (const auto hit = meet(a, b, line[segment.index], line[segment.index + 1])) f(segment, hit->x, hit->y);
      }
    });
  }

 private:
  template <class F>
  static void visit(Point a, Point b, F f) {
    constexpr double kCell = 40;
    const auto cell = [](double v) { return static_cast<int>(std::floor(v / kCell)); };
    for (int y = cell(std::min(a.y, b.y)); y <= cell(std::max(a.y, b.y)); ++y) {
      for (int x = cell(std::min(a.x, b.x)); x <= cell(std::max(a.x, b.x)); ++x) f(std::pair(x, y));
    }
  }

  const std::vector<Street>& streets_;
  std::map<std::pair<int, int>, std::vector<Segment>> cells_;
};

class Connector {
 public:
  Connector(const Plan& plan, std::vector<Street> streets) : plan_(plan), streets_(std::move(streets)) {}

  StreetGraph connect() {
    prolong();
    cut();
    for (int s = 0; s < static_cast<int>(streets_.size()); ++s) split(s);
    thin_out();
    keep_largest();
    return std::move(graph_);
  }

 private:
  struct Cut {
    double along;
    int node;
  };

  bool outside(Point p) const { return p.x < 0 || p.y < 0 || p.x > plan_.width() || p.y > plan_.height(); }

  bool water_between(Point a, Point b) const {
    return plan_.barred(a * 0.5 + b * 0.5, 0) || plan_.barred(a * 0.25 + b * 0.75, 0) || plan_.barred(b, 0);
  }

  // Looks ahead in a fan from the end `tip` (coming from `before`) for the nearest street.
  std::optional<Point> join(const SegmentGrid& grid, int own, Point before, Point tip) const {
    const double reach = style_of(streets_[own].kind).reach, heading = angle_of(tip - before);
    std::optional<Point> best;
    double nearest = 1e30;
    for (const double turn : {0.0, -0.3, 0.3, -0.7, 0.7}) {
      const Point far = tip + unit(heading + turn) * reach;
      grid.crossings(tip, far, own, [&](Segment, double t, double) {
        // A turn costs: straight on is taken unless the other street is much nearer.
        const double price = t * reach * (1 + std::abs(turn));
        if (price < nearest) nearest = price, best = tip + (far - tip) * (t + 0.3 / reach);
      });
    }
    if (best && streets_[own].kind <= RoadClass::residential && water_between(tip, *best)) return {};
    return best;
  }

  void prolong() {
    const SegmentGrid grid(streets_);
    std::vector<Street> longer = streets_;
    for (int s = 0; s < static_cast<int>(streets_.size()); ++s) {
      const Line& line = streets_[s].line;
      const size_t n = line.size();
      if (const auto p = join(grid, s, line[n - 2], line[n - 1])) longer[s].line.push_back(*p);
      if (const auto p = join(grid, s, line[1], line[0])) longer[s].line.insert(longer[s].line.begin(), *p);
    }
    streets_ = std::move(longer);
  }

  // Finds every crossing once (the lower street number does it) and gives it a node.
  void cut() {
    const SegmentGrid grid(streets_);
    cuts_.resize(streets_.size());
    starts_.resize(streets_.size());
    for (size_t s = 0; s < streets_.size(); ++s) {
      const Line& line = streets_[s].line;
      starts_[s].assign(line.size(), 0);
      for (size_t i = 1; i < line.size(); ++i) starts_[s][i] = starts_[s][i - 1] + cv::norm(line[i] - line[i - 1]);
    }
    std::map<std::array<int, 4>, int> known;
    for (int s = 0; s < static_cast<int>(streets_.size()); ++s) {
      const Line& line = streets_[s].line;
      for (int i = 0; i + 1 < static_cast<int>(line.size()); ++i) {
        grid.crossings(line[i], line[i + 1], s, [&](Segment other, double t, double u) {
          if (other.street < s || !known.try_emplace({s, i, other.street, other.index}, 0).second) return;
          const int node = add_node(line[i] + (line[i + 1] - line[i]) * t);
          cuts_[s].push_back({at(s, i, t), node});
          cuts_[other.street].push_back({at(other.street, other.index, u), node});
        });
      }
    }
  }

  double at(int street, int index, double t) const {
    return std::lerp(starts_[street][index], starts_[street][index + 1], t);
  }

  int add_node(Point p) {
    graph_.nodes.push_back(p);
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  void split(int s) {
    const Street& street = streets_[s];
    auto& cuts = cuts_[s];
    if (cuts.empty() && street.kind < RoadClass::tertiary) return;
    std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.along < b.along; });
    const double total = starts_[s].back(), tail = style_of(street.kind).min_tail;
    if (cuts.empty() || cuts.front().along > tail) cuts.insert(cuts.begin(), {0, add_node(street.line.front())});
    if (cuts.back().along < total - tail) cuts.push_back({total, add_node(street.line.back())});
    for (size_t i = 1; i < cuts.size(); ++i) {
      if (cuts[i].along - cuts[i - 1].along < 0.05) continue;
      Line line = part(street.line, cuts[i - 1].along, cuts[i].along);
      line.front() = graph_.nodes[cuts[i - 1].node];
      line.back() = graph_.nodes[cuts[i].node];
      graph_.roads.push_back({street.kind, cuts[i - 1].node, cuts[i].node, s, std::move(line)});
    }
  }

  // Missing pieces make T junctions and dead ends out of too regular a pattern.
  void thin_out() {
    Rng rng(mix(plan_.seed(), 110));
    std::erase_if(graph_.roads, [&](const Road& road) {
      const bool missing = rng.chance(0.09);
      return missing && road.kind == RoadClass::residential && !outside(road.line.front());
    });
  }

  int root(std::vector<int>& parent, int i) const {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  }

  void keep_largest() {
    graph_.degree.assign(graph_.nodes.size(), 0);
    std::vector<int> parent(graph_.nodes.size());
    std::iota(parent.begin(), parent.end(), 0);
    for (const Road& road : graph_.roads) parent[root(parent, road.from)] = root(parent, road.to);
    std::map<int, double> size;
    for (const Road& road : graph_.roads) size[root(parent, road.from)] += length(road.line);
    if (size.empty()) return;
    const auto largest =
        std::max_element(size.begin(), size.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    std::erase_if(graph_.roads, [&](const Road& road) { return root(parent, road.from) != largest->first; });
    for (const Road& road : graph_.roads) ++graph_.degree[road.from], ++graph_.degree[road.to];
  }

  const Plan& plan_;
  std::vector<Street> streets_;
  std::vector<std::vector<Cut>> cuts_;
  std::vector<std::vector<double>> starts_;  // metres from the street's start to each of its points
  StreetGraph graph_;
};

}  // namespace

const RoadStyle& style_of(RoadClass kind) {
  static const RoadStyle styles[] = {
      {"track", 3.0, 0, 0, 40, 150},      {"service", 4.5, 0, 0, 0, 0},        {"residential", 6.0, 0, 1.8, 24, 75},
      {"tertiary", 7.5, 2, 2.2, 24, 120}, {"secondary", 8.5, 2, 2.4, 24, 150}, {"primary", 11.5, 3, 2.6, 24, 150},
  };
  return styles[static_cast<int>(kind)];
}

StreetGraph connect_streets(const Plan& plan, const std::vector<Street>& streets) {
  return Connector(plan, streets).connect();
}

int split_road(StreetGraph& graph, int index, double along) {
  Road& first = graph.roads[index];
  const double total = length(first.line);
  Road second = first;
  const int node = static_cast<int>(graph.nodes.size());
  graph.nodes.push_back(station(first.line, along).at);
  graph.degree.push_back(2);
  second.line = part(first.line, along, total);
  first.line = part(first.line, 0, along);
  first.to = second.from = node;
  graph.roads.insert(graph.roads.begin() + index + 1, std::move(second));
  return node;
}

}  // namespace ppl::synthetic
