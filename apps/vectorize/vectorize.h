// Masks or probabilities to road lines and building polygons.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/geotiff.h"
#include "io/vector/buildings.h"
#include "io/vector/raster.h"
#include "io/vector/road_lines.h"

namespace ppl::vectorize {

struct Input {
  std::string path;  // a folder of <id><suffix>.{png,tif,jpg}, or one such file
  std::string suffix = "_mask";
  std::string images;  // folder of <id>_sat.* or <id>.*: where masks lie that do not say it themselves
  std::string mosaic;  // tiles that lie side by side become one picture of this name; empty: each by itself
  ForegroundOptions foreground;
};

// What became of one picture (a tile, or a mosaic).
struct Picture {
  std::string id;
  std::optional<GeoReference> geo;
  std::vector<Line> roads;
  std::vector<Polygon> buildings;
  std::vector<double> confidence;  // one a building: mean probability inside it; 1 of masks
};

// In order of the ids, whatever the number of threads. Error naming the file that cannot be used.
std::vector<Picture> roads_of(const Input&, const RoadOptions&);
std::vector<Picture> buildings_of(const Input&, const BuildingOptions&);

// By the ending of each name: .csv (SpaceNet's tables, in pixels), .geojson, .json, .gpkg. All names are checked before
// anything is written.
void check_outputs(const std::vector<std::string>& paths);
void write_roads(const std::vector<std::string>& paths, const std::vector<Picture>&);
void write_buildings(const std::vector<std::string>& paths, const std::vector<Picture>&);

}  // namespace ppl::vectorize
