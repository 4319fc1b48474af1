// Buildings of a table, a vector file or a folder of them, an image at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/score/buildings/buildings.h"

namespace ppl::score {

// All members may be called from several threads.
class BuildingSource {
 public:
  virtual ~BuildingSource() = default;
  virtual size_t size() const = 0;                        // images; one may hold no building
  virtual const std::string& id(size_t image) const = 0;  // ascending by utf16_less, no two the same
  // Adds to `repaired` what was invalid, see BuildingImage. Error naming file and row.
  virtual std::vector<Building> read(size_t image, std::vector<std::string>& repaired) const = 0;
  virtual bool in_pixels() const = 0;
  virtual const std::string& crs() const = 0;  // WKT, of layers; may be empty
  // Whether all of it is one layer that names no image, so that its id is only the file's name.
  virtual bool is_unnamed() const { return false; }
  // Reads are in this system from now on.
  virtual void project_to(const std::string&) {}
};

struct BuildingReading {
  bool pixels = false;      // coordinates of layers are pixels, whatever the layers say
  bool confidences = true;  // are looked at; those of a truth decide nothing
};

// A feature or row belongs to the image that it names; in layers without such a field to the one that the file is
// named after (image_id_of). Tables are gone through once, for where the rows of each image stand.
std::unique_ptr<BuildingSource> open_buildings(const std::string& path, const BuildingReading& = {});

// The two kinds: tables (PolygonWKT_Pix), held as places of rows; layers, held in memory.
std::unique_ptr<BuildingSource> open_building_tables(const std::vector<std::string>& paths, const BuildingReading&);
std::unique_ptr<BuildingSource> read_building_layers(const std::vector<std::string>& paths, const BuildingReading&);

// How sure a prediction is, of all of one image: blank where a table or layer has no such column, or nothing stands
// there.
class Confidences {
 public:
  explicit Confidences(bool wanted = true) : wanted_(wanted) {}
  // 1 where they are not wanted. Error naming `where` for what is no number, and where some of an image have a
  // confidence and others have none.
  double parse(std::string_view text, const std::string& where);

 private:
  bool wanted_;
  int64_t given_ = 0, blank_ = 0;
};

// Sets the shape from the polygons, repaired where they are invalid.
void set_shape(Building&, const std::string& where, std::vector<std::string>& repaired);

}  // namespace ppl::score
