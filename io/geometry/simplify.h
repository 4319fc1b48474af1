// Lines and rings with fewer points.
#pragma once

#include "io/geometry/point.h"

namespace ppl {

// Douglas and Peucker: the ends, and of the rest those points without which the line would lie more than `tolerance`
// off. A closed line (first point == last) is cut at the point farthest from its first; it keeps at least four points,
// or becomes there and back (three points) where it is thinner than the tolerance.
Line simplified(const Line& line, double tolerance);

// The same for a ring given without its first point again; fewer than 3 points where it is thinner than the tolerance.
Line simplified_ring(const Line& ring, double tolerance);

}  // namespace ppl
