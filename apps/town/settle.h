// What people put along the streets: lots, houses, trees, cars.
#pragma once

#include "apps/town/occupancy.h"
#include "apps/town/town.h"

namespace ppl::synthetic {

// Parking lots with a service road each; they come before the houses, since they take more room. Adds to
// town.graph, town.lots and town.cars.
void add_parking(Town& town, Occupancy& map);

// Lots and buildings on both sides of the streets, farms in the country.
void add_buildings(Town& town, Occupancy& map);

// A building of one wing or two around `centre`, front along `axis`.
Building make_house(Point centre, Point axis, double length, double width, Rng& rng);
Building make_block(Point centre, Point axis, double length, double width, double height, Rng& rng);

void add_trees(Town& town, const Occupancy& map);
void add_cars(Town& town);

}  // namespace ppl::synthetic
