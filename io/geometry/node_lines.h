// Lines as the edges of a plane graph: where two meet, both have a point.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "io/geometry/point.h"

namespace ppl {

// Segments of two lines, or of one, that have a place in common beside the ends that they share: they cross (then
// `place` is where), or an end of one lies on the other (then it is that end).
struct Meeting {
  size_t line[2], segment[2];  // in order; a segment by its first point
  Point place;
};
std::vector<Meeting> meetings(const std::vector<Line>&);

// Gives both lines of every meeting a point there, rounded as `round` has it (whole numbers, say; unset: as it is),
// until there are none: rounding moves segments, which then may meet anew. The number of lines and their ends stay.
// Where lines run along one another both get all points of that stretch. Error where that does not end.
void node_lines(std::vector<Line>&, const std::function<Point(Point)>& round = {});

}  // namespace ppl
