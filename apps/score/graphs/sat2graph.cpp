#include "apps/score/graphs/sat2graph.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "apps/score/apls/sweep.h"
#include "apps/score/graphs/dense_graph.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

constexpr int kSlip = 4;              // pieces that a control point covers
constexpr double kLongChain = 1.5;    // of the interval: shorter chains get no further control point
constexpr double kCell = 2;           // metres: one control point each
constexpr double kMatch = 10;         // metres
constexpr size_t kNearest = 10;       // nodes that are looked at
constexpr double kBox = 1e-6;         // degrees around a node that count as it: its box in the program's R-tree
constexpr double kFarTooLarge = 1.5;  // of the tile's side

class ControlPoints {
 public:
  ControlPoints(const DenseGraph& from, const DenseGraph& other, const Sat2GraphTiles& tiles)
      : from_(from),
        other_(other),
        tiles_(tiles),
        covered_(static_cast<size_t>(std::max(from.size(), other.size()))),
        visited_(static_cast<size_t>(from.size())) {}

  std::vector<int> find() {
    for (int node = 0; node < from_.size(); ++node) {
      const std::span<const int> near = from_.neighbours(node);
      if (near.size() == 2) continue;
      for (const int next : near) {
        if (!visited_[static_cast<size_t>(next)]) divide(chain(node, next));
      }
      if (near.size() == 1 || !covered_[static_cast<size_t>(node)]) add(node);
    }
    return {found_.begin(), found_.end()};
  }

 private:
  // From a node on to the next that has other than two neighbours.
  std::vector<int> chain(int node, int next) const {
    std::vector<int> nodes{node, next};
    while (from_.neighbours(nodes.back()).size() == 2) {
      const std::span<const int> near = from_.neighbours(nodes.back());
      nodes.push_back(near[0] + near[1] - nodes[nodes.size() - 2]);
    }
    return nodes;
  }

  void divide(const std::vector<int>& chain) {
    const auto size = static_cast<double>(chain.size());
    if (chain.size() > static_cast<size_t>(kLongChain * tiles_.interval)) {
      const int parts = static_cast<int>(size / tiles_.interval) + 1;
      for (int i = 1; i < parts; ++i) {
        const int node = chain[static_cast<size_t>(size * i / parts)];
        if (!covered_[static_cast<size_t>(node)]) add(node);
      }
    }
    for (const int node : chain) visited_[static_cast<size_t>(node)] = 1;
  }

  void add(int node) {
    const LatLon& place = from_.node(node);
    if (!inside(place)) return;
    const auto cell = [](double degrees) { return static_cast<int64_t>(degrees * kMetresPerDegree / kCell); };
    if (!cells_.insert({cell(place.lat), cell(place.lon)}).second) return;
    found_.insert(node);
    for (const int near : other_.within(node, kSlip)) covered_[static_cast<size_t>(near)] = 1;
  }

  bool inside(const LatLon& place) const {
    const LatLon first = from_metres(tiles_.margin, tiles_.margin),
                 last = from_metres(tiles_.side - tiles_.margin, tiles_.side - tiles_.margin);
    return place.lat < first.lat && place.lat > last.lat && place.lon > first.lon && place.lon < last.lon;
  }

  const DenseGraph &from_, &other_;
  const Sat2GraphTiles& tiles_;
  std::vector<char> covered_, visited_;
  std::set<std::pair<int64_t, int64_t>> cells_;
  std::set<int> found_;
};

// Nodes in square cells, for those near a place.
class NodeGrid {
 public:
  NodeGrid(const DenseGraph& graph, double side) : graph_(graph), side_(side) {
    for (int node = 0; node < graph.size(); ++node) {
      cells_[key(row(graph.node(node).lat), row(graph.node(node).lon))].push_back(node);
    }
  }
  // Those at most `side` degrees away, the nearest first; of equally near ones the lower number.
  std::vector<int> near(const LatLon& place) const {
    std::vector<std::pair<double, int>> found;
    for (int64_t r = row(place.lat) - 1; r <= row(place.lat) + 1; ++r) {
      for (int64_t c = row(place.lon) - 1; c <= row(place.lon) + 1; ++c) {
        const auto cell = cells_.find(key(r, c));
        if (cell == cells_.end()) continue;
        for (const int node : cell->second) {
          const LatLon& at = graph_.node(node);
          const double lat = std::max(0.0, std::fabs(at.lat - place.lat) - kBox),
                       lon = std::max(0.0, std::fabs(at.lon - place.lon) - kBox);
          if (const double d = lat * lat + lon * lon; d <= side_ * side_) found.emplace_back(d, node);
        }
      }
    }
    const size_t size = std::min(kNearest, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(size), found.end());
    std::vector<int> nodes;
    for (size_t i = 0; i < size; ++i) nodes.push_back(found[i].second);
    return nodes;
  }

 private:
  int64_t row(double degrees) const { return static_cast<int64_t>(std::floor(degrees / side_)); }
  static uint64_t key(int64_t row, int64_t column) {
    return static_cast<uint64_t>(row) << 32 ^ static_cast<uint32_t>(column);
  }

  const DenseGraph& graph_;
  double side_;
  std::unordered_map<uint64_t, std::vector<int>> cells_;
};

// All pairs of control points that found a node, by lanes of sources.
struct Losses {
  double lost = 0;
  int64_t pairs = 0;

  void add(double here, double there, double shortest) {
    if (!(here < kUnreachable) || !(here / 100 > shortest)) return;
    ++pairs;
    lost += there < kUnreachable ? std::min(1.0, std::fabs(here / 100 - there / 100) / (here / 100)) : 1;
  }
};

Losses compare(const DenseGraph& from, const DenseGraph& to, const std::vector<int>& points,
               const std::vector<int>& images, double shortest) {
  std::vector<int> here_of, there_of;
  const Hierarchy here = from.ways(points, here_of), there = to.ways(images, there_of);
  for (int& node : here_of) node = here.place(node);
  for (int& node : there_of) node = there.place(node);
  SweepPlanner planner_here(here), planner_there(there);
  const SweepPlan plan_here = planner_here.plan(here_of), plan_there = planner_there.plan(there_of);
  Sweep sweep_here(plan_here), sweep_there(plan_there);
  Losses sum;
  for (size_t first = 0; first < points.size(); first += kLanes) {
    const size_t end = std::min(first + kLanes, points.size());
    sweep_here.start(first, end);
    sweep_there.start(first, end);
    for (size_t t = 0; t < points.size(); ++t) {
      const Lanes &lengths = sweep_here.next(), &found = sweep_there.next();
      for (size_t s = first; s < std::min(end, t); ++s) sum.add(lengths[s - first], found[s - first], shortest);
    }
  }
  return sum;
}

}  // namespace

std::vector<int> control_points(const DenseGraph& from, const DenseGraph& other, const Sat2GraphTiles& tiles) {
  return ControlPoints(from, other, tiles).find();
}

std::vector<int> match_nodes(const std::vector<LatLon>& places, const DenseGraph& to, int cover) {
  double steepest = 0;  // latitude of a place
  for (const LatLon& place : places) steepest = std::max(steepest, std::fabs(place.lat));
  const NodeGrid grid(to, 1.001 * kMatch / kMetresPerDegree / std::max(1e-6, std::cos((steepest + 0.01) / 180 * M_PI)));
  std::vector<char> covered(static_cast<size_t>(to.size()));
  std::vector<int> images;
  for (const LatLon& place : places) {
    images.push_back(-1);
    for (const int node : grid.near(place)) {
      if (covered[static_cast<size_t>(node)] || !(metres_between(to.node(node), place) < kMatch)) continue;
      images.back() = node;
      for (const int near : to.within(node, cover)) covered[static_cast<size_t>(near)] = 1;
      break;
    }
  }
  return images;
}

std::optional<double> sat2graph_one_way(const DenseGraph& from, const DenseGraph& to, const Sat2GraphTiles& tiles,
                                        int64_t& count) {
  const std::vector<int> points = control_points(from, to, tiles);
  std::vector<LatLon> places;
  for (const int node : points) places.push_back(from.node(node));
  const std::vector<int> images = match_nodes(places, to, tiles.cover);
  std::vector<int> matched, found;
  for (size_t i = 0; i < points.size(); ++i) {
    if (images[i] >= 0) matched.push_back(points[i]), found.push_back(images[i]);
  }
  const auto pairs = [](size_t n) { return static_cast<int64_t>(n * (n - 1) / 2); };
  Losses sum = compare(from, to, matched, found, tiles.shortest);
  const int64_t lost = pairs(points.size()) - pairs(matched.size());
  count = static_cast<int64_t>(points.size());
  if (sum.pairs + lost == 0) return {};
  return 1 - (sum.lost + static_cast<double>(lost)) / static_cast<double>(sum.pairs + lost);
}

std::optional<ImageApls> score_sat2graph(const LatLonGraph& truth, const LatLonGraph& prediction,
                                         const Sat2GraphTiles& tiles) {
  const double largest = kFarTooLarge * tiles.side;
  const LatLon end = from_metres(largest, largest);
  for (const LatLon& node : truth.nodes) {
    PPL_CHECK(node.lat > end.lat && node.lon < end.lon, "the truth reaches beyond ", largest,
              " m, and these tiles have ", tiles.side, " m (--tiles cityscale is for 2,048 m)");
  }
  ImageApls result;
  const LatLonGraph* graphs[] = {&truth, &prediction};
  for (size_t side = 0; side < 2; ++side) {
    result.nodes[side] = static_cast<int64_t>(graphs[side]->nodes.size());
    result.edges[side] = static_cast<int64_t>(graphs[side]->edges.size());
    result.length[side] = graphs[side]->metres();
  }
  const DenseGraph there(truth), found(prediction);
  const auto forth = sat2graph_one_way(there, found, tiles, result.control_points[0]);
  const auto back = sat2graph_one_way(found, there, tiles, result.control_points[1]);
  if (!forth || !back) return {};
  result.truth_to_prediction = *forth;
  result.prediction_to_truth = *back;
  result.score = (*forth + *back) / 2;
  return result;
}

}  // namespace ppl::score
