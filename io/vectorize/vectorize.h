// Masks or probabilities to road lines and building polygons.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/image/geotiff.h"
#include "io/vectorize/buildings.h"
#include "io/vectorize/raster.h"
#include "io/vectorize/road_lines.h"

namespace ppl::vectorize {

struct MaskTile {
  std::string id, path;
  std::optional<GeoReference> geo;
};

// path: a folder of <id><suffix>.{png,tif,jpg}, or one such file. images: empty, or a folder of <id>_sat.* or <id>.*
// that say where masks lie that do not say it themselves. In order of the ids. Error where there is none.
std::vector<MaskTile> find_masks(const std::string& path, const std::string& suffix, const std::string& images);

struct Input {
  std::vector<MaskTile> tiles;
  std::string mosaic;  // tiles that lie side by side become one image of this name; empty: each by itself
  ForegroundOptions foreground;
  std::function<void(int64_t of)> on_image{};                 // after each of so many; one call at a time
  std::function<void(const MaskCensus::Totals&)> on_masks{};  // what all masks held, once they are read
};

// What became of one image (a tile, or a mosaic).
struct VectorizedImage {
  std::string id;
  std::optional<GeoReference> geo;
  std::vector<Line> roads;
  std::vector<Polygon> buildings;
  std::vector<double> confidence;  // one a building: mean probability inside it; 1 of masks
};

// In order of the tiles, whatever the number of threads. Error naming the file that cannot be used.
std::vector<VectorizedImage> roads_of(const Input&, const RoadOptions&);
std::vector<VectorizedImage> buildings_of(const Input&, const BuildingOptions&);

// By the extension of each name: .csv (SpaceNet's tables, in pixels), .geojson, .json, .gpkg, .fgb. All names are
// checked before anything is written.
void check_outputs(const std::vector<std::string>& paths);
void write_roads(const std::vector<std::string>& paths, const std::vector<VectorizedImage>&);
void write_buildings(const std::vector<std::string>& paths, const std::vector<VectorizedImage>&);

}  // namespace ppl::vectorize
