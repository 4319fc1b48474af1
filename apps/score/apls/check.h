// Rows that the metric cannot take.
#pragma once

#include "io/tables/roads.h"

namespace ppl::score {

// Moves from `lines` to `bad` every row of one image that says EMPTY beside others, has a single point, holds two
// consecutive points less than 0.01 or more than a million pixels apart, or a segment (as a pair of cells) that it or
// an earlier row holds already (unless these are allowed). `bad` is in the order of the files afterwards.
void set_bad_rows_aside(ImageRoads& roads, bool repeated_segments_allowed = false);

}  // namespace ppl::score
