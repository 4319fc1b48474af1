#include "apps/town/settle.h"

#include <algorithm>
#include <cmath>

namespace ppl::synthetic {
namespace {

enum class Use { centre, works, houses, country };

struct Front {
  Point at;       // on the centre line of the street
  Point axis;     // along the street
  Point outward;  // from the street to the lot
  double edge;    // from the centre line to the lot, metres
};

class Settler {
 public:
  Settler(Town& town, Occupancy& map) : town_(town), map_(map), rng_(mix(town.plan.seed(), 200)) {}

  void settle() {
    // The busiest streets first: what stands there is largest.
    for (const RoadClass kind :
         {RoadClass::primary, RoadClass::secondary, RoadClass::tertiary, RoadClass::residential, RoadClass::track}) {
      for (const Road& road : town_.graph.roads) {
        if (road.kind == kind) both_sides(road);
      }
    }
  }

 private:
  Use use_at(Point p) const {
    const double urban = town_.plan.urban(p);
    if (urban < 0.37) return Use::country;
    if (town_.plan.industry(p) > 0) return Use::works;
    return urban > 0.93 ? Use::centre : Use::houses;
  }

  void both_sides(const Road& road) {
    const double total = length(road.line), edge = style_of(road.kind).width / 2 + style_of(road.kind).sidewalk;
    for (const double side : {1.0, -1.0}) {
      for (double along = rng_.uniform(8, 14); along < total - 8;) {
        const Station s = station(road.line, along);
        const Front front{s.at, s.direction, left_of(s.direction) * side, edge};
        along += place(front, road.kind);
      }
    }
  }

  // Builds one lot and returns how far to go on along the street.
  double place(const Front& front, RoadClass kind) {
    switch (use_at(front.at + front.outward * 20)) {
      case Use::centre:
        return place_block(front);
      case Use::works:
        return place_works(front);
      case Use::houses:
        return place_house(front);
      case Use::country:
        return place_farm(front, kind);
    }
    return 20;
  }

  bool build(Building building, double gap) {
    for (const Wing& wing : building.wings) {
      if (map_.taken(rectangle(wing.centre, wing.axis, wing.length + 2 * gap, wing.width + 2 * gap), Occupancy::any)) {
        return false;
      }
    }
    map_.take(building.outline, Occupancy::building);
    town_.buildings.push_back(std::move(building));
    return true;
  }

  void add_lot(LotKind kind, const Front& front, double width, double depth) {
    town_.lots.push_back(
        {kind, front.at + front.outward * (front.edge + depth / 2), front.axis, width, depth, rng_.next()});
  }

  double place_house(const Front& front) {
    const double lot = rng_.uniform(15, 24), depth = 30;
    if (rng_.chance(0.05)) return lot;
    const double wide = rng_.uniform(8.5, 13.5), deep = rng_.uniform(8, 11), setback = rng_.uniform(3.5, 8);
    const Point centre = front.at + front.outward * (front.edge + setback + deep / 2);
    const double turn = rng_.chance(0.85) ? rng_.uniform(-0.04, 0.04) : rng_.uniform(-0.3, 0.3);
    if (!build(make_house(centre, unit(angle_of(front.axis) + turn), wide, deep, rng_), 1.5)) return 5;
    add_lot(LotKind::garden, front, lot, depth);
    if (rng_.chance(0.75)) {
      const double at = (rng_.chance(0.5) ? 1 : -1) * (wide / 2 + 2.2);
      const Point gate = front.at + front.outward * (front.edge - 0.5) + front.axis * at;
      const double reach = setback + deep * rng_.uniform(0.3, 0.8);
      town_.drives.push_back({{gate, gate + front.outward * reach}, rng_.uniform(2.4, 3.4), rng_.next()});
      if (rng_.chance(0.5)) {
        const double back = front.edge + reach + 3;
        build(garage(front.at + front.outward * back + front.axis * at, front.axis, 3.4, 6), 0.3);
      }
      if (rng_.chance(0.45)) {
        town_.cars.push_back({gate + front.outward * rng_.uniform(2.5, reach), front.outward, 4.4, rng_.next()});
      }
    }
    if (rng_.chance(0.4)) {
      const Point shed = front.at + front.outward * (front.edge + depth - rng_.uniform(3, 7)) +
                         front.axis * rng_.uniform(-lot / 3, lot / 3);
      build(garage(shed, front.axis, rng_.uniform(2.5, 4), rng_.uniform(2.5, 3.5)), 0.5);
    }
    return lot;
  }

  Building garage(Point centre, Point axis, double wide, double deep) {
    Building building = make_block(centre, axis, wide, deep, 2.6, rng_);
    building.roof = Roof::flat;
    return building;
  }

  double place_block(const Front& front) {
    const double wide = rng_.uniform(14, 30), deep = rng_.uniform(11, 15), setback = rng_.uniform(0.8, 2);
    const Point centre = front.at + front.outward * (front.edge + setback + deep / 2) + front.axis * (wide / 2);
    if (!build(make_block(centre, front.axis, wide, deep, rng_.uniform(9, 16), rng_), 0.4)) return 6;
    const Front middle{front.at + front.axis * (wide / 2), front.axis, front.outward, front.edge};
    add_lot(rng_.chance(0.6) ? LotKind::paved : LotKind::garden, middle, wide, 26);
    return wide + (rng_.chance(0.3) ? rng_.uniform(3, 8) : 0.6);
  }

  double place_works(const Front& front) {
    const double wide = rng_.uniform(28, 60), deep = rng_.uniform(22, 40), setback = rng_.uniform(8, 16);
    const Point along = front.axis * (wide / 2 + 4);
    const Point centre = front.at + front.outward * (front.edge + setback + deep / 2) + along;
    Building hall = make_block(centre, front.axis, wide, deep, rng_.uniform(6, 11), rng_);
    hall.roof = rng_.chance(0.75) ? Roof::flat : Roof::gable;
    if (!build(hall, 4)) return 8;
    const Front middle{front.at + along, front.axis, front.outward, front.edge};
    add_lot(LotKind::yard, middle, wide + 8, deep + setback + 8);
    const int count = rng_.index(7);
    for (int i = 0; i < count; ++i) {
      const Point spot =
          middle.at + front.outward * (front.edge + setback * 0.45) + front.axis * (i * 2.9 - wide * 0.4);
      town_.cars.push_back({spot, front.outward, rng_.chance(0.2) ? 8.5 : 4.4, rng_.next()});
    }
    return wide + rng_.uniform(10, 20);
  }

  double place_farm(const Front& front, RoadClass kind) {
    const double chance = kind == RoadClass::track ? 0.03 : 0.06;
    if (kind == RoadClass::primary || !rng_.chance(chance)) return 25;
    const Point yard = front.at + front.outward * (front.edge + 22);
    for (int i = 0; i < 3; ++i) {
      const Point centre = yard + front.axis * ((i - 1) * 24.0) + front.outward * rng_.uniform(-6, 8);
      const bool barn = i != 1;
      Building building = barn ? make_block(centre, unit(angle_of(front.axis) + rng_.index(2) * M_PI / 2),
                                            rng_.uniform(16, 30), rng_.uniform(9, 14), 6, rng_)
                               : make_house(centre, front.axis, 13, 10, rng_);
      if (barn) building.roof = Roof::gable;
      build(building, 1.5);
    }
    town_.lots.push_back({LotKind::yard, yard, front.axis, 58, 40, rng_.next()});
    town_.drives.push_back({{front.at, yard}, 4, rng_.next()});
    return 90;
  }

  Town& town_;
  Occupancy& map_;
  Rng rng_;
};

}  // namespace

void add_buildings(Town& town, Occupancy& map) { Settler(town, map).settle(); }

}  // namespace ppl::synthetic
