// Building outlines with right angles.
#pragma once

#include "io/geometry/point.h"

namespace ppl {

// The ring with every side that is within `angle` degrees of the ring's main direction, or of the perpendicular to it,
// turned into that direction; sides shorter than `shift` are dropped; corners are where neighbouring sides then meet.
// The main direction is that of most length of sides, counted in squares, modulo 90 degrees. An empty line where fewer
// than four sides would be left or a corner would move by more than that.
Line squared(const Line& ring, double angle, double shift);

}  // namespace ppl
