// TOPO as Sat2Graph's program computes it.
#pragma once

#include <optional>

#include "apps/score/graphs/sat2graph.h"

namespace ppl::score {

// precision: of marbles that find a hole, the mean over starting points; recall: of holes that find a marble, times the
// share of starting points that the prediction has.
struct MarbleRates {
  double precision = 0, recall = 0;
  int64_t starts = 0, kept = 0;  // of the truth; of these matched, and not left out for a better one beside them
};

// None where the truth has no starting point. Nodes, edges and equally near edges go by their order in the file.
std::optional<MarbleRates> sat2graph_topo(const LatLonGraph& truth, const LatLonGraph& prediction,
                                          const Sat2GraphTiles&);

}  // namespace ppl::score
