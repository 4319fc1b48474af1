// Tiles that lie side by side on the earth, put together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/geometry/bit_image.h"
#include "io/image/geotiff.h"

namespace ppl {

struct PlacedTile {
  std::string path;  // for messages
  int64_t height = 0, width = 0;
  GeoReference geo;
};

// Where the first pixel of a tile lies in the pixels of another image, in fractions of them. Error naming the tile
// where it has another coordinate system (one of them may name none) or pixels of another size or direction.
struct PixelPlace {
  double row, column;
};
PixelPlace place_in(const PlacedTile& tile, const PlacedTile& image);

// Whether the pixels of two images lie at one place, to half a pixel. One of them may name no coordinate system.
bool lie_alike(const GeoReference& a, const GeoReference& b);

// Tiles that touch or overlap, and the image that they make together.
struct Mosaic {
  struct Part {
    size_t tile;
    int64_t row, column;  // of the tile's first pixel in the mosaic
  };
  GeoReference geo;
  int64_t height = 0, width = 0;
  std::vector<Part> parts;  // in the order of the tiles
};

// Every tile is in one mosaic; mosaics come in the order of their first tiles. Places are rounded to whole pixels.
// Error naming the tile where one has another coordinate system or pixels of another size or direction than the first.
std::vector<Mosaic> arrange_tiles(const std::vector<PlacedTile>&);

// All of them in one, whether they touch or not: the box around them.
Mosaic arrange_together(const std::vector<PlacedTile>&);

// Sets what is set in `tile` at its place.
void paste(BitImage& mosaic, const BitImage& tile, int64_t row, int64_t column);

}  // namespace ppl
