// What fuzzing feeds with inputs: see tile_fuzz_test.cpp and scripts/soak.sh.
#pragma once

#include <string_view>

namespace ppl::test {

// Takes the text for a table of tiles (CSV, JSON), a world file, a table of widths and a web map tile's name; aborts
// where what is accepted is not as promised.
void try_tile_text(std::string_view text);

}  // namespace ppl::test
