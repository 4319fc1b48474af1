// The page of `score roads`.
#pragma once

#include "apps/score/page/pages.h"
#include "apps/score/roads/roads.h"
#include "io/tables/roads.h"

namespace ppl::score {

// The images of the report that count, with their APLS; lines of the drawn ones are read again. Works in pixels.
Page apls_page(const RoadsReport&, const RoadSource& truth, const RoadSource& prediction, const AplsParameters&,
               const RoadPageOptions&);

// The `most` routes between control points of the truth that lose most in the prediction, by SpaceNet's rules; the
// longer first of those that lose the same. Of more than 300 control points every n-th is looked at with its routes to
// all.
std::vector<PageRoute> costly_routes(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                                     const AplsParameters& parameters, size_t most);

}  // namespace ppl::score
