// Where tiles lie on the earth: read from images, from names, from a table, or laid out as a grid.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/geometry/box.h"
#include "io/image/geotiff.h"
#include "io/tiles/tiles.h"

namespace ppl {

struct TileFrame {
  std::string id;     // unique; a file name without folder and extension
  std::string image;  // path; empty where there is none
  int64_t height = 0, width = 0;
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};  // as GeoReference's
  size_t crs = 0;                                     // of TileFrames::crs
};

struct TileFrames {
  std::vector<std::string> crs;  // WKT, each once
  std::vector<TileFrame> tiles;
  std::vector<TileProblem> problems;  // tiles that cannot be placed
  std::vector<std::string> labels;    // paths of masks and labels beside images, which are no tiles
  std::vector<std::string> notes;     // what else was passed over, to be said aloud

  size_t number_of_crs(const std::string& wkt);
};

// Images of a folder, as list_images finds them. Beside images of several bands or 16 bits, a raster of one band that
// holds a handful of small values is a mask or labels, whatever its name. Placed by GeoTIFF tags, a world file beside
// the image (.wld, or the extension's first and last letter and w) with .aux.xml, or <stem>.prj for the coordinate
// system; `crs` (as crs_from_text takes it) serves where there is none.
TileFrames frames_of_images(const std::string& folder, const std::string& crs);

// A web map tile by its name: the last parts z/x/y of a path, or NAME-x-y-z, without the extension. Nothing where it is
// no such name or there is no such tile.
struct SlippyName {
  std::string id;  // z_x_y, or the whole NAME-x-y-z
  int64_t x = 0, y = 0, z = 0;
};
std::optional<SlippyName> parse_slippy_name(const std::string& path);

// Where the image of such a name lies (EPSG:3857); y counts from the north.
std::optional<GeoReference> slippy_georeference(const std::string& path, int64_t height, int64_t width);

// Web map tiles: FOLDER/.../z/x/y.png, or anywhere below it NAME-x-y-z.png. tms: y counts from the south.
TileFrames frames_of_slippy(const std::string& folder, bool tms);

// A table of tiles. CSV with a header: id, transform (six numbers, blanks between), crs, width, height. JSON: a list
// of objects with these keys, or an object of them by id; transform is a list there. Error naming the row.
TileFrames frames_of_table(const std::string& path);
TileFrames parse_table_csv(const std::string& text, const std::string& where);
TileFrames parse_table_json(const std::string& text, const std::string& where);

struct GridSpec {
  std::string crs;   // as crs_from_text takes it
  Box bounds;        // in crs
  double pixel = 0;  // in units of crs
  int64_t size = 512;
};
// Whole tiles from the north-west corner on, r<row>c<column>, as many as cover the bounds.
TileFrames frames_of_grid(const GridSpec& spec);

// Six numbers of a world file, a line each (the centre of the first pixel is its origin), as a transform.
std::array<double, 6> parse_world_file(const std::string& text, const std::string& where);

// Error naming `where` for extents out of range, and for transforms that are not finite or squash the tile.
void check_frame(const TileFrame&, const std::string& where);

}  // namespace ppl
