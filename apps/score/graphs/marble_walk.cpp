#include "apps/score/graphs/marble_walk.h"

#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

namespace ppl::score {
namespace {

constexpr double kBeside = 1e-5;  // degrees

struct Visit {
  int node, before;
  double distance;
};

const LatLon& place_of(const LatLonGraph& graph, int node) { return graph.nodes[static_cast<size_t>(node)]; }

class Walk {
 public:
  Walk(const LatLonGraph& graph, const EdgePlace& start, double step, double radius, bool twice)
      : graph_(graph), start_(start), step_(step), radius_(radius), twice_(twice) {}

  std::vector<RoadMark> run() {
    mark_own_edge();
    std::deque<Visit> queue{{start_.a, -1, start_.to_a}, {start_.b, -1, start_.to_b}};
    for (; !queue.empty(); queue.pop_front()) {
      const Visit visit = queue.front();
      const auto [known, fresh] = reached_.try_emplace(visit.node, visit.distance);
      if ((!fresh && known->second <= visit.distance) || visit.distance > radius_) {
        if (fresh) reached_.erase(known);
        continue;
      }
      const double before = fresh ? 1 : known->second;
      known->second = visit.distance;
      for (const int next : graph_.links[static_cast<size_t>(visit.node)]) {
        if (next == visit.before || next == visit.node || next == start_.a || next == start_.b) continue;
        const double length = degrees_between(place_of(graph_, next), place_of(graph_, visit.node));
        // Come to again by a shorter way, an edge that lies inside has its marks.
        if (!(before + length < radius_)) mark_edge(visit, next, length);
        queue.push_back({next, visit.node, visit.distance + length});
      }
    }
    return std::move(marks_);
  }

 private:
  void mark_own_edge() {
    const LatLon &a = place_of(graph_, start_.a), &b = place_of(graph_, start_.b);
    const double length = degrees_between(b, a);
    for (double share = 0; share <= 1; share += step_ / length) {
      const LatLon at{a.lat * share + b.lat * (1 - share), a.lon * share + b.lon * (1 - share)};
      if (start_.to_a - degrees_between(at, a) < radius_ || start_.to_b - degrees_between(at, b) < radius_) {
        add(at, b.lat - a.lat, b.lon - a.lon);
      }
      if (!(length > 0)) break;
    }
  }

  void mark_edge(const Visit& visit, int next, double length) {
    const LatLon &from = place_of(graph_, visit.node), &to = place_of(graph_, next);
    const auto there = marked_.find({visit.node, next}), back = marked_.find({next, visit.node});
    const double first = there == marked_.end() ? 0 : there->second,
                 last = back == marked_.end() ? length : length - back->second;
    double along = step_ * std::ceil(visit.distance / step_) - visit.distance;
    for (; along < length; along += step_) {
      const double share = along / length, walked = length * share;
      if (visit.distance + walked > radius_) break;
      if (walked < first) continue;
      if (walked > last) break;
      add({to.lat * share + from.lat * (1 - share), to.lon * share + from.lon * (1 - share)}, to.lat - from.lat,
          to.lon - from.lon);
    }
    marked_[{visit.node, next}] = along - step_;
  }

  void add(const LatLon& at, double north, double east) {
    if (!known_.insert({at.lat, at.lon, north, east}).second) return;
    marks_.push_back({at, north, east});
    if (twice_) marks_.push_back({{at.lat + kBeside, at.lon + kBeside}, north, east});
  }

  const LatLonGraph& graph_;
  const EdgePlace& start_;
  double step_, radius_;
  bool twice_;
  std::vector<RoadMark> marks_;
  std::set<std::array<double, 4>> known_;
  std::unordered_map<int, double> reached_;
  std::map<std::pair<int, int>, double> marked_;  // of an edge in one direction: up to where
};

}  // namespace

std::vector<RoadMark> walk_marks(const LatLonGraph& graph, const EdgePlace& start, double step, double radius,
                                 bool twice) {
  return Walk(graph, start, step, radius, twice).run();
}

double distance_along(const LatLonGraph& graph, const EdgePlace& from, const EdgePlace& to, double most) {
  if (from.a == to.a && from.b == to.b) return std::fabs(from.to_a - to.to_a);
  if (from.a == to.b && from.b == to.a) return std::fabs(from.to_a - to.to_b);
  double best = std::numeric_limits<double>::infinity();
  std::unordered_map<int, double> reached;
  std::deque<Visit> queue{{from.a, -1, from.to_a}, {from.b, -1, from.to_a}};
  for (; !queue.empty(); queue.pop_front()) {
    const Visit visit = queue.front();
    const auto known = reached.find(visit.node);
    if ((known != reached.end() && known->second <= visit.distance) || visit.distance > most) continue;
    reached[visit.node] = visit.distance;
    for (const int next : graph.links[static_cast<size_t>(visit.node)]) {
      if (next == visit.before || next == visit.node || next == from.a || next == from.b) continue;
      if (visit.node == to.a && next == to.b) best = std::min(best, visit.distance + to.to_a);
      if (visit.node == to.b && next == to.a) best = std::min(best, visit.distance + to.to_b);
      queue.push_back(
          {next, visit.node, visit.distance + degrees_between(place_of(graph, next), place_of(graph, visit.node))});
    }
  }
  return best;
}

}  // namespace ppl::score
