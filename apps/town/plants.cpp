#include <cmath>

#include "apps/town/settle.h"

namespace ppl::synthetic {
namespace {

class Planter {
 public:
  Planter(Town& town, const Occupancy& map) : town_(town), map_(map), rng_(mix(town.plan.seed(), 400)) {}

  void avenues() {
    for (const Road& road : town_.graph.roads) {
      const RoadStyle& style = style_of(road.kind);
      const bool track = road.kind == RoadClass::track;
      // Trees come street by street: avenues, loose rows and bare streets.
      const double share = town_.plan.urban(road.line[road.line.size() / 2]) > 0.95 ? 0.3 : rng_.uniform(-0.3, 0.75);
      if (road.kind == RoadClass::service || share <= 0) continue;
      for (const double side : {1.0, -1.0}) {
        const Line row = offset(road.line, side * (style.width / 2 + (track ? 2.5 : style.sidewalk * 0.5 + 1.2)));
        const double gap = track ? 7 : 10.5, total = length(row);
        for (double along = 12; along < total - 12; along += gap * rng_.uniform(0.8, 1.3)) {
          if (rng_.chance(share)) plant(station(row, along).at, rng_.uniform(2.2, 5.2), Occupancy::road);
        }
      }
    }
  }

  void gardens() {
    for (const Lot& lot : town_.lots) {
      if (lot.kind == LotKind::parking) islands(lot);
      if (lot.kind != LotKind::garden && lot.kind != LotKind::paved) continue;
      const int count = lot.kind == LotKind::paved ? rng_.index(3) : rng_.index(9);
      for (int i = 0; i < count; ++i) {
        const Point p = lot.centre + lot.axis * (lot.length * rng_.uniform(-0.48, 0.48)) +
                        left_of(lot.axis) * (lot.depth * rng_.uniform(-0.5, 0.5));
        plant(p, rng_.chance(0.4) ? rng_.uniform(0.7, 1.4) : rng_.uniform(1.4, 5.0), Occupancy::any);
      }
    }
  }

  // Woods and parks where the plan says so, hedges between fields, a few single trees elsewhere.
  void country() {
    constexpr double kGap = 5.2;
    for (double y = -kMargin / 4; y < town_.plan.height() + kMargin / 4; y += kGap) {
      for (double x = -kMargin / 4; x < town_.plan.width() + kMargin / 4; x += kGap) {
        const Point p{x + kGap * rng_.uniform(-0.5, 0.5), y + kGap * rng_.uniform(-0.5, 0.5)};
        const double roll = rng_.uniform(0, 1), radius = rng_.uniform(2.2, 4.8);
        if (roll < density(p)) plant(p, radius, Occupancy::any);
      }
    }
  }

 private:
  double density(Point p) const {
    const double woods = town_.plan.woods(p);
    if (town_.plan.urban(p) > 0.42) return woods > 0 ? 0.3 : 0.035;
    if (woods > 0) return 0.95;
    const FieldCell field = town_.plan.field(p);
    return field.edge < 3 && field.id % 3 == 0 ? 0.7 : 0.003;
  }

  void islands(const Lot& lot) {
    for (const double side : {-1.0, 1.0}) {
      for (double at = -lot.length / 2; at <= lot.length / 2; at += 11) {
        const Point p = lot.centre + lot.axis * at + left_of(lot.axis) * (side * (lot.depth / 2 + 0.5));
        if (rng_.chance(0.6)) plant(p, rng_.uniform(1.4, 2.6), Occupancy::road | Occupancy::building);
      }
    }
  }

  // The trunk stands clear of `uses` and of houses; the crown may reach over a street.
  void plant(Point p, double radius, int uses) {
    const Line foot = rectangle(p, {1, 0}, radius, radius);
    if (map_.taken(p, static_cast<uint8_t>(uses | Occupancy::barrier)) || map_.taken(foot, Occupancy::building)) {
      return;
    }
    town_.trees.push_back({p, radius, radius * rng_.uniform(1.7, 2.6), rng_.next()});
  }

  Town& town_;
  const Occupancy& map_;
  Rng rng_;
};

}  // namespace

void add_trees(Town& town, const Occupancy& map) {
  Planter planter(town, map);
  planter.avenues();
  planter.gardens();
  planter.country();
}

void add_cars(Town& town) {
  Rng rng(mix(town.plan.seed(), 500));
  for (const Road& road : town.graph.roads) {
    if (road.kind == RoadClass::track || road.kind == RoadClass::service) continue;
    const double total = length(road.line), width = style_of(road.kind).width;
    const bool parked = road.kind <= RoadClass::tertiary && rng.chance(0.6);
    const double gap = parked ? rng.uniform(9, 26) : rng.uniform(24, 90);
    for (const double side : {1.0, -1.0}) {
      for (double along = 14 + rng.uniform(0, gap); along < total - 14; along += gap * rng.uniform(0.6, 1.8)) {
        const Station s = station(road.line, along);
        const double across = parked ? width / 2 - 1.1 : width / 4;
        const bool long_one = road.kind >= RoadClass::secondary && rng.chance(0.1);
        // Cars keep to the right.
        town.cars.push_back({s.at + left_of(s.direction) * (side * across), s.direction * -side,
                             long_one ? rng.uniform(8, 14) : rng.uniform(3.9, 4.9), rng.next()});
      }
    }
  }
}

}  // namespace ppl::synthetic
