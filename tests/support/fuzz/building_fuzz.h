#pragma once

#include <string_view>

namespace ppl::test {

// Reads the text as a table whose fields may be polygons; aborts where what was read does not survive writing and
// reading again.
void try_building_table(std::string_view text);

}  // namespace ppl::test
