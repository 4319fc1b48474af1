// Masks or probabilities to road lines and building polygons.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/image/geotiff.h"
#include "io/maps/ground_pixel.h"
#include "io/vectorize/lengths.h"
#include "io/vectorize/raster.h"

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
  std::optional<double> pixel{};                              // metres of one; else by where the image lies
  std::function<void(int64_t of)> on_image{};                 // after each of so many; one call at a time
  std::function<void(const MaskCensus::Totals&)> on_masks{};  // what all masks held, once they are read
};

// What became of one image (a tile, or a mosaic).
struct VectorizedImage {
  std::string id;
  std::optional<GeoReference> geo;
  std::vector<Line> roads;
  std::vector<Polygon> buildings;
  // Mean probability, one a building or road; of masks 1 for buildings and none for roads.
  std::vector<double> confidence{};
  std::vector<double> widths{};        // of roads, in pixels, as traced_roads has them
  std::optional<GroundPixel> pixel{};  // metres of one, where it is known

  std::optional<double> metres() const { return pixel ? std::optional(pixel->mean()) : std::nullopt; }
};

// Of one image's mask.
void trace_roads(VectorizedImage&, BitImage mask, const RoadSettings&);
void trace_buildings(VectorizedImage&, BitImage mask, const BuildingSettings&);
// Mean probabilities of a file of the image's size.
void add_confidence(VectorizedImage&, const std::string& probabilities);

// In order of the tiles, whatever the number of threads. Error naming the file that cannot be used.
std::vector<VectorizedImage> roads_of(const Input&, const RoadSettings&);
std::vector<VectorizedImage> buildings_of(const Input&, const BuildingSettings&);

// By the extension of each name: .csv (SpaceNet's tables, in pixels), or what write_vectors takes. All names are
// checked before anything is written. Layers have length_m and width_m of roads, area_m2 of buildings (.._px where a
// pixel's metres are not known), and confidence.
void check_outputs(const std::vector<std::string>& paths);
using Metadata = std::map<std::string, std::string>;
void write_roads(const std::vector<std::string>& paths, const std::vector<VectorizedImage>&, const Metadata& = {});
void write_buildings(const std::vector<std::string>& paths, const std::vector<VectorizedImage>&, const Metadata& = {});

// Metres a pixel of the images, and what the settings are there; of several sizes the first, and that there are others.
std::string describe_scale(const std::vector<VectorizedImage>&, const RoadSettings&);
std::string describe_scale(const std::vector<VectorizedImage>&, const BuildingSettings&);

}  // namespace ppl::vectorize
