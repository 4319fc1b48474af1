#include "io/places/mosaic.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "io/geometry/point.h"
#include "io/places/projection.h"
#include "kernels/base.h"

namespace ppl {
namespace {

struct Place {
  int64_t row, column;
};

bool share_system(const GeoReference& a, const GeoReference& b) {
  return a.crs == b.crs || a.crs.empty() || b.crs.empty() || is_same_system(a.crs, b.crs);
}

// Where the tile begins, in pixels of the first.
Place place_of(const PlacedTile& tile, const PlacedTile& first) {
  PPL_CHECK(tile.geo.crs.empty() == first.geo.crs.empty(), tile.path, ": another coordinate system than ", first.path,
            "; tiles of one mosaic must share one");
  const PixelPlace place = place_in(tile, first);
  return {std::llround(place.row), std::llround(place.column)};
}

bool touch(const PlacedTile& a, Place pa, const PlacedTile& b, Place pb) {
  return pa.row <= pb.row + b.height && pb.row <= pa.row + a.height && pa.column <= pb.column + b.width &&
         pb.column <= pa.column + a.width;
}

size_t root_of(std::vector<size_t>& parent, size_t i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

// For each tile the first tile that it is connected to.
std::vector<size_t> group(const std::vector<PlacedTile>& tiles, const std::vector<Place>& places) {
  std::vector<size_t> parent(tiles.size()), by_row(tiles.size());
  std::iota(parent.begin(), parent.end(), 0);
  std::iota(by_row.begin(), by_row.end(), 0);
  std::sort(by_row.begin(), by_row.end(), [&](size_t a, size_t b) { return places[a].row < places[b].row; });
  for (size_t i = 0; i < by_row.size(); ++i) {
    const size_t a = by_row[i];
    for (size_t k = i + 1; k < by_row.size() && places[by_row[k]].row <= places[a].row + tiles[a].height; ++k) {
      const size_t b = by_row[k];
      if (!touch(tiles[a], places[a], tiles[b], places[b])) continue;
      const size_t x = root_of(parent, a), y = root_of(parent, b);
      parent[std::max(x, y)] = std::min(x, y);
    }
  }
  for (size_t i = 0; i < parent.size(); ++i) parent[i] = root_of(parent, i);
  return parent;
}

std::vector<Place> places_of(const std::vector<PlacedTile>& tiles) {
  std::vector<Place> places;
  for (const PlacedTile& tile : tiles) places.push_back(place_of(tile, tiles[0]));
  return places;
}

Mosaic mosaic_of(const std::vector<PlacedTile>& tiles, const std::vector<Place>& places,
                 const std::vector<size_t>& members) {
  Mosaic mosaic;
  Place low = places[members[0]], high = low;
  for (const size_t i : members) {
    low = {std::min(low.row, places[i].row), std::min(low.column, places[i].column)};
    high = {std::max(high.row, places[i].row + tiles[i].height),
            std::max(high.column, places[i].column + tiles[i].width)};
  }
  for (const size_t i : members) mosaic.parts.push_back({i, places[i].row - low.row, places[i].column - low.column});
  mosaic.height = high.row - low.row;
  mosaic.width = high.column - low.column;
  mosaic.geo = tiles[0].geo;
  const auto& t = tiles[0].geo.transform;
  const auto column = static_cast<double>(low.column), row = static_cast<double>(low.row);
  mosaic.geo.transform[0] = t[0] + column * t[1] + row * t[2];
  mosaic.geo.transform[3] = t[3] + column * t[4] + row * t[5];
  return mosaic;
}

}  // namespace

bool lie_alike(const GeoReference& a, const GeoReference& b) {
  constexpr double kSame = 0.5;   // pixels
  constexpr double kSide = 1000;  // pixels: the far corner of an image
  const double pixel = std::max(std::hypot(a.transform[1], a.transform[4]), std::hypot(a.transform[2], a.transform[5]));
  const auto corner = [](const GeoReference& g, double at) {
    const auto& t = g.transform;
    return Point{t[0] + at * (t[1] + t[2]), t[3] + at * (t[4] + t[5])};
  };
  return distance(corner(a, 0), corner(b, 0)) <= kSame * pixel &&
         distance(corner(a, kSide), corner(b, kSide)) <= kSame * pixel && share_system(a, b);
}

PixelPlace place_in(const PlacedTile& tile, const PlacedTile& image) {
  const auto &t = tile.geo.transform, &f = image.geo.transform;
  PPL_CHECK(share_system(tile.geo, image.geo), tile.path, ": another coordinate system than ", image.path);
  const double size = std::max({std::abs(f[1]), std::abs(f[2]), std::abs(f[4]), std::abs(f[5])});
  for (const size_t i : {1, 2, 4, 5}) {
    // A thousandth of a pixel over a tile of a thousand pixels.
    PPL_CHECK(std::abs(t[i] - f[i]) <= 1e-6 * size, tile.path, ": pixels of another size or direction than those of ",
              image.path);
  }
  const double determinant = f[1] * f[5] - f[2] * f[4];
  PPL_CHECK(determinant != 0 && std::isfinite(determinant), image.path, ": its georeference is no place on the earth");
  const double dx = t[0] - f[0], dy = t[3] - f[3];
  const double column = (dx * f[5] - dy * f[2]) / determinant, row = (dy * f[1] - dx * f[4]) / determinant;
  PPL_CHECK(std::abs(row) < 1e12 && std::abs(column) < 1e12, tile.path, ": too far from ", image.path);
  return {row, column};
}

std::vector<Mosaic> arrange_tiles(const std::vector<PlacedTile>& tiles) {
  const std::vector<Place> places = places_of(tiles);
  const std::vector<size_t> groups = group(tiles, places);
  std::vector<Mosaic> mosaics;
  for (size_t first = 0; first < tiles.size(); ++first) {
    if (groups[first] != first) continue;
    std::vector<size_t> members;
    for (size_t i = first; i < tiles.size(); ++i)
      if (groups[i] == first) members.push_back(i);
    mosaics.push_back(mosaic_of(tiles, places, members));
  }
  return mosaics;
}

Mosaic arrange_together(const std::vector<PlacedTile>& tiles) {
  PPL_CHECK(!tiles.empty(), "a mosaic of no tiles");
  std::vector<size_t> all(tiles.size());
  std::iota(all.begin(), all.end(), 0);
  return mosaic_of(tiles, places_of(tiles), all);
}

void paste(BitImage& mosaic, const BitImage& tile, int64_t row, int64_t column) {
  PPL_CHECK(
      row >= 0 && column >= 0 && row + tile.height() <= mosaic.height() && column + tile.width() <= mosaic.width(),
      "a tile that lies outside its mosaic");
  for (const Run& run : find_runs(tile)) mosaic.fill(run.row + row, run.begin + column, run.end + column, true);
}

}  // namespace ppl
