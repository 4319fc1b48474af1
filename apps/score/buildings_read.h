// Buildings of a table, a vector file or a folder of them, by image.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/score/buildings.h"

namespace ppl::score {

struct BuildingSource {
  std::map<std::string, std::vector<Building>> images;  // an image may hold none
  std::vector<std::string> repaired;                    // see BuildingsReport
  bool in_pixels = false;                               // tables
  std::string crs;                                      // of vector files
};

// A feature or row belongs to the image that it names; in vector files without such a field to the one that the file is
// named after.
BuildingSource read_buildings(const std::string& path);

}  // namespace ppl::score
