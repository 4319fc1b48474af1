// Building outlines with right angles.
#pragma once

#include <optional>

#include "io/geometry/point.h"

namespace ppl {

// The ring with every side that is within `angle` degrees of the ring's main direction, or of the perpendicular to it,
// turned into that direction; sides shorter than `shift` are dropped; corners are where neighbouring sides then meet.
// The main direction is that of most length of sides, counted in squares, modulo 90 degrees. Where the other sides (at
// least 2 %, by squares) agree on a second one, those within half the angle are turned into that or its
// perpendicular, and into 45 degrees where it is within 7.5 of these. An empty line where fewer than four sides would
// be left or a corner would move by more than that.
Line squared(const Line& ring, double angle, double shift);

// A regular polygon of the ring's area and middle, whose sides lie within half the tolerance of their circle (12 to 64
// corners), where every corner of the ring, traced along pixels, is within 1.25 pixels or 4 % of one radius of at least
// 6 pixels. (signed_area's sense of the corners stays.)
std::optional<Line> circle_of(const Line& ring, double tolerance);

}  // namespace ppl
