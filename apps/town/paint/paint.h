// The layers of the image from the ground up; each draws what the canvas sees of the town.
#pragma once

#include "apps/town/paint/canvas.h"
#include "apps/town/town.h"

namespace ppl::synthetic {

// Of parking lots and of the service roads in them.
inline const Colour kLotAsphalt = rgb(112, 110, 106);

void paint_ground(const Town& town, Canvas& canvas);  // lawns, fields, woods; fills every pixel
void paint_river(const Town& town, Canvas& canvas);
void paint_lots(const Town& town, Canvas& canvas);  // gardens, yards, parking lots, drives
void paint_roads(const Town& town, Canvas& canvas);
void paint_rail(const Town& town, Canvas& canvas);
void paint_cars(const Town& town, Canvas& canvas);
void paint_roofs(const Town& town, Canvas& canvas);
void paint_trees(const Town& town, Canvas& canvas);
// Into one channel: 255 where houses, trees and cars keep the sun away.
void paint_shadows(const Town& town, Canvas& canvas);

// Where the shadow of something one metre high ends, and the direction towards the sun.
Point shadow_of_a_metre();
Point towards_sun();

}  // namespace ppl::synthetic
