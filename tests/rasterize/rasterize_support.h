// What the tests of rasterize share: the program on a small town (tests/rasterize/town.osm, metres from (500000,
// 5210000) in EPSG:32632) and what it leaves.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/image/image.h"
#include "tests/support/process.h"

namespace ppl::test {

using Words = std::vector<std::string>;
inline const std::string kTown = PPL_TOWN;
// One tile of 512 x 512 pixels of half a metre, north up.
inline const Words kGrid{"--grid",   "--crs",  "EPSG:32632", "--pixel", "0.5",
                         "--bounds", "500000", "5210000",    "500256",  "5210256"};

// rasterize with --quiet.
ProcessResult draw(Words words, const Words& more = {});
// Exit code 1, and one line on stderr with `what` in it.
bool one_line_naming(const ProcessResult& r, const std::string& what);
// What --json says of a run on the tile of kGrid, without its times. Fails the test where the run fails.
nlohmann::json summary_of(const Words& words);
std::vector<nlohmann::json> manifest_of(const std::string& folder);

struct Mask {
  explicit Mask(const std::string& path, int classes = 1) : image(read_mask(path, classes)) {}
  int at(double east, double north) const;
  int64_t count(int value = 1) const;
  Image image;
};
// Of the tile of kGrid. Fails the test where there is none.
Mask town_mask(const Words& more, int classes = 1, const std::string& input = kTown);

}  // namespace ppl::test
