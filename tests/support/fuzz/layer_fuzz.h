#pragma once

#include <cstddef>
#include <string_view>

namespace ppl::test {

// Reads the text as GeoJSON of roads and of buildings and scores it against itself; aborts where what was read cannot
// be. Returns how many images of either were read.
size_t try_layer(std::string_view text);

}  // namespace ppl::test
