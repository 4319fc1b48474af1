#include "apps/town/town.h"

#include "apps/town/settle.h"
#include "apps/town/streets.h"
#include "kernels/base.h"

namespace ppl::synthetic {

Town make_town(double width, double height, uint64_t seed) {
  PPL_CHECK(width > 0 && height > 0, "expected a width and height above 0, got ", width, " x ", height, " m");
  Town town{Plan(width, height, seed), {}, {}, {}, {}, {}, {}, {}};
  town.graph = connect_streets(town.plan, trace_streets(town.plan));
  Occupancy map(town.plan, town.graph);
  add_parking(town, map);
  round_corners(town.graph);
  add_buildings(town, map);
  town.built_distance = map.built_distance(town.graph);
  add_trees(town, map);
  add_cars(town);
  return town;
}

}  // namespace ppl::synthetic
