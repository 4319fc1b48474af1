// Comparing the lengths of all routes of two ordinary graphs.
#pragma once

#include <vector>

#include "apps/score/apls/hierarchy.h"
#include "apps/score/apls/one_way.h"

namespace ppl::score {

// From every node of one graph to every other that it reaches; images[n] is the node of the other graph that stands for
// node n, or -1.
OneWay compare_routes(const Hierarchy& from, const Hierarchy& to, const std::vector<int>& images, int threads);

}  // namespace ppl::score
