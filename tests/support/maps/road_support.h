// Made-up road graphs for tests and benches.
#pragma once

#include <string>
#include <vector>

#include "engine/random.h"
#include "io/tables/roads.h"

namespace ppl::test {

// A crooked grid of streets with about this many edges, blocks of `block` pixels, some streets left out and some of
// their vertices bent. A street from junction to junction is a row.
std::vector<RoadLine> town(Random& random, int edges, double block = 120);

// The town as a detector might find it: points up to `jitter` pixels off, a share of rows missing.
std::vector<RoadLine> detected(Random& random, const std::vector<RoadLine>& lines, double jitter, double missing);

// Short segments between few places, many of them less than 0.2 pixels apart: crossing, touching, overlapping.
std::vector<RoadLine> tangle(Random& random, int rows);

// Rows of a SpaceNet table, without its header.
std::string csv_rows(const std::string& id, const std::vector<RoadLine>& lines);

}  // namespace ppl::test
