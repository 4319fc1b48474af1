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
  // Where neither images nor `reference` say how pixels lie.
  std::optional<GeoReference> otherwise;
};

// The lines of all layers of all files, in pixels. A feature belongs to the image that its field ImageId (or one of
// image_columns that every feature has) names; without one to the image that the file's name names (image_id_of). Parts
// of a multi-line are lines with one row number, the feature's. A feature that names its image and has no geometry is a
// line without points; others without a line are bad rows. Layers that say that they are not on the earth (an
// engineering system, GeoJSON's "crs": null) are in pixels already. Error where a file cannot be read, two files name
// the same image, or nothing says how coordinates become pixels, and in builds without GDAL.
std::unique_ptr<RoadSource> read_road_layers(const std::vector<std::string>& paths, const RoadLayerOptions& options);

// The image (.tif) of the same name beside a layer; empty where there is none.
std::string image_beside(const std::string& layer);

// A way to measure layers without an image: pixels of `pixel` metres in the UTM zone in the middle of all of them, from
// their north-west corner on. Nothing where one of them is not on the earth. Error where they lie farther apart than a
// zone is wide, or at the poles.
std::optional<GeoReference> common_ground(const std::vector<std::string>& paths, double pixel);

// Roads by image, held in memory.
class HeldRoads : public RoadSource {
 public:
  // To fill it: files, images by id, then sort().
  uint32_t add_file(const std::string& path);
  ImageRoads& image(const std::string& id);
  void set_place(const std::string& id, const GeoReference& place) { places_.insert_or_assign(id, place); }
  void set_unnamed() { unnamed_ = true; }
  void sort();

  size_t size() const override { return images_.size(); }
  std::string_view id(size_t image) const override { return images_[image].first; }
  ImageRoads read(size_t image) const override { return images_[image].second; }
  const std::vector<BadRow>& stray_rows() const override { return stray_; }
  const std::string& file(uint32_t number) const override { return files_[number]; }
  std::optional<GeoReference> place(size_t image) const override;
  bool is_unnamed() const override { return unnamed_ && images_.size() == 1; }

 private:
  std::vector<std::pair<std::string, ImageRoads>> images_;
  std::map<std::string, size_t> number_;
  std::vector<std::string> files_;
  std::vector<BadRow> stray_;
  std::map<std::string, GeoReference> places_;
  bool unnamed_ = false;
};

}  // namespace ppl
