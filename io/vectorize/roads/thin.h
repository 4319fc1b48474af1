// Thinning of a mask to lines of one pixel.
#pragma once

#include "io/geometry/bit_image.h"

namespace ppl {

// The skeleton: what is left of the mask when its border is taken off again and again from alternating sides, without
// splitting (8 neighbours), joining or removing a component, opening a hole or taking the end of a line
// (Guo and Hall 1989, 64 pixels at a time); then the corners of staircases, until no pixel but the ends of lines
// could be taken without a change of what is connected. Deterministic.
void thin(BitImage&);

}  // namespace ppl
