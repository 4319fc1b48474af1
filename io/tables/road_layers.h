// Road lines in files with coordinates on the earth: GeoJSON, GeoPackage, shapefiles, through GDAL.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/image/geotiff.h"
#include "io/tables/roads.h"

namespace ppl {

struct RoadLayerOptions {
  // How pixels lie on the earth. Without it: an image (.tif) beside the layer with the same name, or in `images`.
  std::optional<GeoReference> reference;
  // An image for every image, or a folder of images with the images' ids in their names (see ImagePlaces).
  std::string images;
  bool pixels = false;  // coordinates are pixels already
};

// Whether the extension is one that read_road_layers takes.
bool is_road_layer(const std::string& path);

// The lines of all layers of all files, in pixels. A feature belongs to the image that its field ImageId, image_id or
// image names; without one to the image that the file's name names: AOI_2_Vegas_img7 of
// SN3_AOI_2_Vegas_geojson_img7.geojson, else the whole name without its extension. Parts of a multi-line are lines with
// one row number, the feature's. A feature that names its image and has no geometry is a line without points; others
// without a line are bad rows. Error where a file cannot be read or nothing says how its coordinates become pixels, and
// in builds without GDAL.
std::unique_ptr<RoadSource> read_road_layers(const std::vector<std::string>& paths, const RoadLayerOptions& options);

// The image's id in a file name, see above.
std::string image_id_of(const std::string& path);

// Roads by image, held in memory.
class HeldRoads : public RoadSource {
 public:
  // To fill it: files, images by id, then sort().
  uint32_t add_file(const std::string& path);
  ImageRoads& image(const std::string& id);
  void sort();

  size_t size() const override { return images_.size(); }
  std::string_view id(size_t image) const override { return images_[image].first; }
  ImageRoads read(size_t image) const override { return images_[image].second; }
  const std::vector<BadRow>& stray_rows() const override { return stray_; }
  const std::string& file(uint32_t number) const override { return files_[number]; }

 private:
  std::vector<std::pair<std::string, ImageRoads>> images_;
  std::map<std::string, size_t> number_;
  std::vector<std::string> files_;
  std::vector<BadRow> stray_;
};

}  // namespace ppl
