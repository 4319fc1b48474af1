#include <algorithm>

#include "apps/town/settle.h"
#include "apps/town/streets.h"

namespace ppl::synthetic {
namespace {

struct Plot {
  int road;
  double along;  // where its service road leaves the street
  Line access;
  Lot lot;
};

constexpr double kStall = 2.6;

// Rows of parked cars on both sides of the aisle that runs along the lot's axis.
void park(Town& town, const Lot& lot, Rng& rng) {
  const double fullness = rng.uniform(0.25, 0.9);
  for (const double row : {-1.0, 1.0}) {
    for (double at = -lot.length / 2 + 3; at < lot.length / 2 - 2; at += kStall) {
      if (!rng.chance(fullness)) continue;
      const Point spot = lot.centre + lot.axis * at + left_of(lot.axis) * (row * (lot.depth / 2 - 3.2));
      town.cars.push_back({spot, left_of(lot.axis) * row, rng.uniform(4.0, 4.8), rng.next()});
    }
  }
}

}  // namespace

void add_parking(Town& town, Occupancy& map) {
  Rng rng(mix(town.plan.seed(), 300));
  std::vector<Plot> plots;
  for (int i = 0; i < static_cast<int>(town.graph.roads.size()); ++i) {
    const Road& road = town.graph.roads[i];
    const double total = length(road.line);
    if (road.kind < RoadClass::tertiary || total < 60 || !rng.chance(0.5)) continue;
    const double along = rng.uniform(28, total - 28), deep = 17, wide = rng.uniform(30, 58);
    const Station s = station(road.line, along);
    const Point outward = left_of(s.direction) * (rng.chance(0.5) ? 1.0 : -1.0);
    const double edge = style_of(road.kind).width / 2 + style_of(road.kind).sidewalk, gap = rng.uniform(4, 16);
    const Point centre = s.at + outward * (edge + gap + deep / 2);
    if (town.plan.urban(centre) < 0.42) continue;
    if (map.taken(rectangle(centre, s.direction, wide + 4, deep + 4), Occupancy::any)) continue;
    map.take(rectangle(centre, s.direction, wide, deep), Occupancy::paved);
    const Lot lot{LotKind::parking, centre, s.direction, wide, deep, rng.next()};
    const Line access{s.at, centre, centre + s.direction * (wide / 2 - 2)};
    map.take(access, style_of(RoadClass::service).width, Occupancy::road);
    plots.push_back({i, along, access, lot});
    park(town, lot, rng);
    town.lots.push_back(lot);
  }
  int way = 0;
  for (const Road& road : town.graph.roads) way = std::max(way, road.way + 1);
  // From the back, so that the numbers of the roads still to be split stay valid.
  for (auto plot = plots.rbegin(); plot != plots.rend(); ++plot) {
    StreetGraph& net = town.graph;
    const int gate = split_road(net, plot->road, plot->along), end = static_cast<int>(net.nodes.size());
    net.nodes.push_back(plot->access.back());
    net.degree.push_back(1);
    net.degree[gate] = 3;
    plot->access.front() = net.nodes[gate];
    net.roads.push_back({RoadClass::service, gate, end, way++, plot->access});
  }
}

}  // namespace ppl::synthetic
