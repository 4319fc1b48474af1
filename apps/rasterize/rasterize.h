// Masks for many tiles from maps: the whole way from files to files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/output.h"
#include "apps/rasterize/settings.h"
#include "io/places/tile_frame.h"

namespace ppl::rasterize {

// Where the tiles come from; one of images, slippy, table and grid.
struct TileChoice {
  std::string images, slippy, table;  // folder, folder, file
  bool tms = false;
  std::string crs;             // of the grid, and of images that name none
  double pixel = 0;            // of the grid, in units of crs
  int64_t size = 512;          // of the grid's tiles, pixels
  std::vector<double> bounds;  // of the grid: west, south, east, north in crs; empty: all features
};

struct Job {
  std::vector<std::string> inputs;
  OgrFields fields;
  TileChoice tiles;
  Settings settings;
  std::string out;      // folder
  std::string overlay;  // folder; empty: no images
  std::string widths;   // file that settings.widths were read from; may be empty
  apps::Existing existing = apps::Existing::fail;
  bool all_features = false;   // every feature of a layer is a road or building
  bool allow_empty = false;    // maps without anything that is drawn, and that are on none of the tiles
  bool skip_problems = false;  // leave out tiles that cannot be placed, instead of stopping
  int threads = 1;
};

struct Summary {
  int64_t tiles = 0;      // asked for
  int64_t drawn = 0;      // masks written
  int64_t kept = 0;       // there from an earlier run
  int64_t empty = 0;      // of the drawn: without any feature
  int64_t left_out = 0;   // for their lack of data
  int64_t problems = 0;   // that could not be placed
  int64_t features = 0;   // taken from the inputs
  double foreground = 0;  // share of the drawn pixels
  double read_seconds = 0, draw_seconds = 0;
  std::vector<SourceReport> sources;
};

// Writes OUT/<id>_mask.{png,tif}, OUT/<id>_distance.png where asked for, OUT/manifest.jsonl, and images into
// job.overlay. Error where an input, a tile or the settings cannot be used; masks of finished tiles stay, and
// Existing::skip goes on from there.
Summary rasterize(const Job& job);

std::string summary_text(const Summary& summary);
std::string summary_json(const Summary& summary);

}  // namespace ppl::rasterize
