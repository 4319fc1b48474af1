// What fuzzing feeds with inputs: see pbf_fuzz_test.cpp and scripts/soak.sh.
#pragma once

#include "io/file.h"

namespace ppl::test {

// Takes the bytes for an .osm.pbf file and for what is packed into one of its blobs, reads all objects and draws what
// they give; aborts where that is not as promised.
void try_pbf(Bytes bytes);

}  // namespace ppl::test
