// Buildings of a table, a vector file or a folder of them, an image at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/score/buildings/buildings.h"

namespace ppl::score {

// All members may be called from several threads.
class BuildingSource {
 public:
  virtual ~BuildingSource() = default;
  virtual size_t size() const = 0;                        // images; one may hold no building
  virtual const std::string& id(size_t image) const = 0;  // ascending, no two the same
  // Adds to `repaired` what was invalid, see BuildingImage. Error naming file and row.
  virtual std::vector<Building> read(size_t image, std::vector<std::string>& repaired) const = 0;
  virtual bool in_pixels() const = 0;
  virtual const std::string& crs() const = 0;  // WKT, of vector files; may be empty
};

// A feature or row belongs to the image that it names; in vector files without such a field to the one that the file is
// named after. Tables are gone through once, for where the rows of each image stand.
std::unique_ptr<BuildingSource> open_buildings(const std::string& path);

// The two kinds: tables (PolygonWKT_Pix), held as places of rows; vector files, held in memory.
std::unique_ptr<BuildingSource> open_building_tables(const std::vector<std::string>& paths);
std::unique_ptr<BuildingSource> read_building_layers(const std::vector<std::string>& paths);

// Sets the shape from the polygons, repaired where they are invalid.
void set_shape(Building&, const std::string& where, std::vector<std::string>& repaired);

}  // namespace ppl::score
