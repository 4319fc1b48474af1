#include "apps/score/graphs/sat2graph_topo.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/score/graphs/marble_walk.h"
#include "apps/score/graphs/most_pairs.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

// Degrees of latitude.
constexpr double kStarts = 0.0005, kStep = 0.00005, kMatch = 0.0001;
constexpr double kSameStart = 0.0002, kLookedAt = 0.0003;  // along roads, as the crow flies
constexpr double kMargin = 0.07;                           // of the region, where nothing starts
constexpr double kSouthNorth = 300 / kMetresPerDegree, kWestEast = 500 / kMetresPerDegree;  // of it, beyond the roads
constexpr double kParallel = 0.04, kSimilar = 0.29;  // 1 - |cos| of directions: 16 and 45 degrees
constexpr double kGood = 0.9;                        // precision from which a start always counts
constexpr size_t kMostMarks = 20000;                 // around one place
constexpr double kLatitude = 40;                     // at which directions are compared

struct Region {
  double south, west = kCorner.lon - kWestEast, north = kCorner.lat + kSouthNorth, east;

  Region(const LatLonGraph& truth, const LatLonGraph& prediction) : south(kCorner.lat), east(kCorner.lon) {
    for (const LatLonGraph* graph : {&truth, &prediction}) {
      for (const LatLon& node : graph->nodes) south = std::min(south, node.lat), east = std::max(east, node.lon);
    }
    south -= kSouthNorth, east += kWestEast;
  }
  bool inside(const LatLon& p) const {
    const double lat = kMargin * (north - south), lon = kMargin * (east - west);
    return p.lat - south > lat && north - p.lat > lat && p.lon - west > lon && east - p.lon > lon;
  }
};

struct Direction {
  double north, east;
  Direction(double lat, double lon) {
    east = lon * std::cos(kLatitude / 180 * M_PI);
    const double length = std::sqrt(east * east + lat * lat);
    north = lat / length, east /= length;
  }
  double differs(const Direction& o) const { return 1 - std::fabs(north * o.north + east * o.east); }
};

Direction along(const LatLonGraph& graph, int a, int b) {
  const LatLon &from = graph.nodes[static_cast<size_t>(a)], &to = graph.nodes[static_cast<size_t>(b)];
  return {to.lat - from.lat, to.lon - from.lon};
}

LatLon between(const LatLon& a, const LatLon& b, double share) {
  return {(1 - share) * a.lat + share * b.lat, (1 - share) * a.lon + share * b.lon};
}

// Places along a chain of nodes, evenly from its first to its last.
void add_starts(const LatLonGraph& graph, const std::vector<int>& chain, const Region& region,
                std::vector<EdgePlace>& starts) {
  std::vector<double> walked{0};
  for (size_t i = 1; i < chain.size(); ++i) {
    walked.push_back(walked.back() + degrees_between(graph.nodes[static_cast<size_t>(chain[i - 1])],
                                                     graph.nodes[static_cast<size_t>(chain[i])]));
  }
  const double length = walked.back();
  if (length < kStarts / 2) return;
  const int count = std::max(static_cast<int>(length / kStarts), 1);
  for (int i = 1; i <= count; ++i) {
    const double at = static_cast<double>(i) / (count + 1) * length;
    for (size_t j = 0; j + 1 < chain.size(); ++j) {
      if (!(at >= walked[j] && at <= walked[j + 1]) || walked[j] == walked[j + 1]) continue;
      const double share = (at - walked[j]) / (walked[j + 1] - walked[j]);
      const LatLon place =
          between(graph.nodes[static_cast<size_t>(chain[j])], graph.nodes[static_cast<size_t>(chain[j + 1])], share);
      if (region.inside(place)) starts.push_back({place, chain[j], chain[j + 1], at - walked[j], walked[j + 1] - at});
    }
  }
}

std::vector<EdgePlace> starting_points(const LatLonGraph& graph, const Region& region) {
  std::vector<EdgePlace> starts;
  std::vector<char> passed(graph.nodes.size());
  const auto links = [&](int node) -> const std::vector<int>& { return graph.links[static_cast<size_t>(node)]; };
  for (int node = 0; node < static_cast<int>(graph.nodes.size()); ++node) {
    if (links(node).size() == 2) continue;
    for (const int next : links(node)) {
      if (passed[static_cast<size_t>(next)]) continue;
      std::vector<int> chain{node, next};
      while (links(chain.back()).size() == 2 && chain.size() <= graph.nodes.size()) {
        const std::vector<int>& on = links(chain.back());
        chain.push_back(on[on[0] == chain[chain.size() - 2]]);
      }
      for (size_t i = 1; i + 1 < chain.size(); ++i) passed[static_cast<size_t>(chain[i])] = 1;
      add_starts(graph, chain, region, starts);
    }
  }
  return starts;
}

// Of p from the line between a and b, by lengths at a's latitude.
double distance_to_line(const LatLon& a, const LatLon& b, const LatLon& p) {
  const double shrink = std::cos(a.lat / 180 * M_PI);
  const double bx = (b.lon - a.lon) * shrink, by = b.lat - a.lat, px = (p.lon - a.lon) * shrink, py = p.lat - a.lat;
  const double share = std::clamp((bx * px + by * py) / (bx * bx + by * by), 0.0, 1.0);
  return std::hypot(px - share * bx, py - share * by);
}

// The nearest edge that runs alike, within kMatch.
std::optional<EdgePlace> match_start(const LatLonGraph& truth, const LatLonGraph& prediction, const EdgePlace& start) {
  std::optional<EdgePlace> best;
  double nearest = kMatch;
  const Direction direction = along(truth, start.a, start.b);
  for (int a = 0; a < static_cast<int>(prediction.nodes.size()); ++a) {
    for (const int b : prediction.links[static_cast<size_t>(a)]) {
      const LatLon &from = prediction.nodes[static_cast<size_t>(a)], &to = prediction.nodes[static_cast<size_t>(b)];
      const double lat = start.at.lat, margin = 2 * kMatch;
      if (std::min(from.lat, to.lat) > lat + margin || std::max(from.lat, to.lat) < lat - margin) continue;
      const double d = distance_to_line(from, to, start.at);
      if (!(d < nearest) || !(direction.differs(along(prediction, a, b)) < kParallel)) continue;
      nearest = d;
      best = EdgePlace{start.at, a, b, degrees_between(from, start.at), degrees_between(to, start.at)};
    }
  }
  return best;
}

int64_t matched(const std::vector<RoadMark>& marks, const std::vector<RoadMark>& others) {
  std::vector<int> order(others.size());
  std::iota(order.begin(), order.end(), 0);
  const auto lat = [&](int i) { return others[static_cast<size_t>(i)].at.lat; };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return lat(a) < lat(b); });
  std::vector<std::vector<int>> near(marks.size());
  for (size_t m = 0; m < marks.size(); ++m) {
    const RoadMark& mark = marks[m];
    const Direction direction(mark.north, mark.east);
    auto i = std::lower_bound(order.begin(), order.end(), mark.at.lat - kMatch,
                              [&](int a, double least) { return lat(a) < least; });
    for (; i != order.end() && lat(*i) <= mark.at.lat + kMatch; ++i) {
      const RoadMark& other = others[static_cast<size_t>(*i)];
      if (!(degrees_between(mark.at, other.at) < kMatch)) continue;
      const bool directed = mark.north != mark.east && other.north != other.east;
      if (!directed || direction.differs({other.north, other.east}) < kSimilar) near[m].push_back(*i);
    }
  }
  PPL_CHECK(marks.size() <= kMostMarks, "TOPO: more than ", kMostMarks, " marks around one place");
  return most_pairs(near, others.size());
}

struct Scored {
  EdgePlace start;  // on the prediction
  double precision, recall;
};

// Of starts beside each other on the prediction's roads the most precise stays, and all good ones.
std::vector<Scored> one_of_each(const std::vector<Scored>& all, const LatLonGraph& prediction) {
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return all[a].precision < all[b].precision; });
  std::reverse(order.begin(), order.end());
  std::vector<char> taken(all.size());
  std::vector<Scored> kept;
  for (const size_t i : order) {
    if (taken[i] && all[i].precision < kGood) continue;
    kept.push_back(all[i]);
    const LatLon& at = all[i].start.at;
    const double east = kLookedAt / std::cos(at.lat / 180 * M_PI);
    for (size_t o = 0; o < all.size(); ++o) {
      const LatLon& other = all[o].start.at;
      if (std::fabs(other.lat - at.lat) > kLookedAt + 1e-6 || std::fabs(other.lon - at.lon) > east + 1e-6) continue;
      if (distance_along(prediction, all[i].start, all[o].start, kLookedAt) < kSameStart) taken[o] = 1;
    }
  }
  return kept;
}

}  // namespace

std::optional<MarbleRates> sat2graph_topo(const LatLonGraph& truth, const LatLonGraph& prediction,
                                          const Sat2GraphTiles& tiles) {
  const std::vector<EdgePlace> starts = starting_points(truth, Region(truth, prediction));
  if (starts.empty()) return {};
  std::vector<Scored> scored;
  for (const EdgePlace& start : starts) {
    const std::optional<EdgePlace> found = match_start(truth, prediction, start);
    if (!found) continue;
    const auto marbles = walk_marks(prediction, *found, kStep, tiles.topo_radius, false);
    const auto holes = walk_marks(truth, start, kStep, tiles.topo_radius, false);
    if (marbles.empty() || holes.empty()) continue;
    const auto both_lanes = walk_marks(truth, start, kStep, tiles.topo_radius, true);
    scored.push_back({*found, static_cast<double>(matched(marbles, both_lanes)) / static_cast<double>(marbles.size()),
                      static_cast<double>(matched(holes, marbles)) / static_cast<double>(holes.size())});
  }
  const std::vector<Scored> kept = one_of_each(scored, prediction);
  MarbleRates rates{0, 0, static_cast<int64_t>(starts.size()), static_cast<int64_t>(kept.size())};
  for (const Scored& start : kept) rates.precision += start.precision, rates.recall += start.recall;
  if (!kept.empty()) rates.precision /= static_cast<double>(kept.size());
  rates.recall /= static_cast<double>(starts.size());  // the mean, times the share of starts that are there
  return rates;
}

}  // namespace ppl::score
