// How well routes between control points of one road graph are kept in another.
#pragma once

#include <cstdint>
#include <utility>

#include "apps/score/apls/apls.h"
#include "apps/score/apls/graph.h"

namespace ppl::score {

struct OneWay {
  double lost = 0;           // sum over routes of what each loses, 0 to 1
  int64_t routes = 0;        // ordered pairs of control points with a way between them
  double lost_length = 0;    // the same, each route counted by its length: pixels
  double routes_length = 0;  // pixels
  int64_t walked = 0;        // control points whose routes were walked point by point

  void add(const OneWay& other) {
    lost += other.lost, routes += other.routes, walked += other.walked;
    lost_length += other.lost_length, routes_length += other.routes_length;
  }
  double score() const { return routes == 0 ? 1 : 1 - lost / static_cast<double>(routes); }
  double score_by_length() const { return routes_length == 0 ? 1 : 1 - lost_length / routes_length; }
};

// What a route of length d1 > 0 loses where it has length d2 in the other road graph.
inline double loss(double d1, double d2) {
  if (d1 == 0 || d2 == 0) return d1 == d2 ? 0 : 1;
  const double difference = d1 > d2 ? (d1 - d2) / d1 : (d2 - d1) / d1;
  return difference < 1 ? difference : 1;
}

// From `from` to `to`, both with their midpoints, by the metric's own words: every edge is looked at for every control
// point, and Dijkstra runs from each over the points as they are, ghosts included.
OneWay one_way_literal(const AplsGraph& from, const AplsGraph& to, const AplsParameters& parameters);

// Both directions by the method.
std::pair<OneWay, OneWay> both_ways(const AplsGraph& truth, const AplsGraph& prediction,
                                    const AplsParameters& parameters, AplsMethod method, int threads);

}  // namespace ppl::score
