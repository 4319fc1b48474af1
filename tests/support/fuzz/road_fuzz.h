// What fuzzing feeds with inputs: see road_fuzz_test.cpp and scripts/soak.sh.
#pragma once

#include <string_view>

namespace ppl::test {

// Reads the text as a road table and scores its first two images against each other; aborts where reading twice
// differs, rows get lost, or the two methods disagree.
void try_road_table(std::string_view text);

}  // namespace ppl::test
