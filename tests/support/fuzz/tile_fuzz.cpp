#include "tests/support/fuzz/tile_fuzz.h"

#include <cmath>
#include <set>

#include "apps/rasterize/widths.h"
#include "io/places/tile_frame.h"
#include "kernels/base.h"
#include "tests/support/fuzz/fuzz.h"

namespace ppl::test {
namespace {

// False where the text is refused.
template <class Body>
bool taken(Body&& body) {
  try {
    body();
    return true;
  } catch (const Error&) {
    return false;
  }
}

void check_frames(const TileFrames& frames) {
  require(!frames.tiles.empty(), "a table without tiles");
  std::set<std::string> ids;
  for (const TileFrame& tile : frames.tiles) {
    require(taken([&] { check_frame(tile, "accepted"); }), "a tile that cannot be");
    require(ids.insert(tile.id).second, "an id twice");
    require(tile.crs < frames.crs.size() && !frames.crs[tile.crs].empty(), "a tile without a coordinate system");
  }
}

void check_widths(const std::string& text) {
  using rasterize::WidthTable;
  WidthTable table;
  if (!taken([&] { table = WidthTable::parse(text, "fuzz"); })) return;
  for (const auto& [name, road] : table.classes) {
    require(road.width > 0 && road.width <= 200 && road.number >= 1 && road.number <= 254, "a class out of range");
  }
  const std::string written = table.json();
  require(WidthTable::parse(written, "written").json() == written, "a table changed");
}

void check_name(const std::string& text) {
  const auto name = parse_slippy_name(text);
  if (!name) return;
  require(name->z >= 0 && name->z <= 30 && name->x >= 0 && name->y >= 0, "a tile out of range");
  require(name->x < int64_t{1} << name->z && name->y < int64_t{1} << name->z, "a tile out of range");
  require(!name->id.empty() && name->id.find('/') == std::string::npos, "an id that is no file's name");
}

}  // namespace

void try_tile_text(std::string_view view) {
  const std::string text(view);
  TileFrames frames;
  if (taken([&] { frames = parse_table_csv(text, "fuzz"); })) check_frames(frames);
  if (taken([&] { frames = parse_table_json(text, "fuzz"); })) check_frames(frames);
  taken([&] {
    for (const double value : parse_world_file(text, "fuzz")) require(!std::isnan(value), "a world file of nothing");
  });
  check_widths(text);
  check_name(text);
}

}  // namespace ppl::test

PPL_FUZZ(ppl::test::try_tile_text)
