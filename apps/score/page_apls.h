// The page of `score roads`.
#pragma once

#include "apps/score/pages.h"
#include "apps/score/roads.h"
#include "io/vector/roads.h"

namespace ppl::score {

// The images of the report that count, with their APLS; lines of the drawn ones are read again. Works in pixels.
Page apls_page(const RoadsReport&, const RoadSource& truth, const RoadSource& proposal, const RoadPageOptions&);

}  // namespace ppl::score
