// A town on disk: tiles with masks for training and validation, and the map they were made from.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apps/town/render.h"
#include "apps/town/town.h"

namespace ppl::synthetic {

enum class Masks {
  roads,      // 0, 255
  buildings,  // 0, 255
  classes,    // class index: 0 neither, 1 road, 2 building
};

struct Options {
  std::string out;
  int tiles = 64;    // to train on
  int val = 16;      // held out: a strip at the eastern end
  int size = 256;    // pixels a side
  double gsd = 0.5;  // metres a pixel
  uint64_t seed = 1;
  Masks masks = Masks::roads;
};

struct Tile {
  std::string id;      // r<row>c<column>
  std::string folder;  // train or val
  Window window;
};

struct Layout {
  double width;  // of the town, metres
  double height;
  std::vector<Tile> tiles;
};

// Rows and columns of tiles, the held-out ones in the last columns. Throws Error on counts or sizes out of range.
Layout lay_out(const Options& options);

// Writes OUT/{train,val}/<id>_sat.tif and <id>_mask.png, OUT/town.osm and OUT/town.jpg (the whole town, smaller).
// OUT appears when all of it is there; it must be absent or empty.
void write_town(const Options& options);

}  // namespace ppl::synthetic
