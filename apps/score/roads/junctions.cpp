#include "apps/score/roads/junctions.h"

#include <cmath>

#include "apps/score/apls/graph.h"
#include "apps/score/graphs/most_pairs.h"
#include "io/geometry/point_grid.h"

namespace ppl::score {

std::vector<Point> junctions_of(const std::vector<RoadLine>& lines, double pixel) {
  const AplsGraph roads = build_graph(lines);
  std::vector<Point> found;
  for (const int node : roads.nodes.in_order()) {
    int ends = 0;
    for (const int e : roads.edges_at(node)) ends += 1 + (roads.edge(e).first() == roads.edge(e).last());
    if (ends >= 3) found.push_back(roads.place(node) * pixel);
  }
  return found;
}

std::vector<Point> junctions_of(const LatLonGraph& graph) {
  std::vector<Point> found;
  const double shrink = std::cos(kCorner.lat / 180 * M_PI);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (graph.links[n].size() < 3) continue;
    const LatLon& place = graph.nodes[n];
    found.push_back(
        {(place.lon - kCorner.lon) * kMetresPerDegree * shrink, (kCorner.lat - place.lat) * kMetresPerDegree});
  }
  return found;
}

Confusion junction_counts(const std::vector<Point>& truth, const std::vector<Point>& prediction, double radius) {
  PointGrid grid(std::max(radius, 1e-3));
  for (size_t i = 0; i < prediction.size(); ++i) grid.add(prediction[i], static_cast<int64_t>(i));
  std::vector<std::vector<int>> near(truth.size());
  for (size_t t = 0; t < truth.size(); ++t) {
    grid.visit(truth[t], radius, [&](Point, int64_t number) { near[t].push_back(static_cast<int>(number)); });
  }
  const int64_t pairs = most_pairs(near, prediction.size());
  return {pairs, static_cast<int64_t>(prediction.size()) - pairs, static_cast<int64_t>(truth.size()) - pairs};
}

}  // namespace ppl::score
