#include "io/tables/image_places.h"

#include <filesystem>

#include "io/folder.h"
#include "io/image/formats.h"
#include "io/image/image.h"
#include "io/places/mosaic.h"
#include "io/places/scene_mosaic.h"
#include "io/tables/image_id.h"
#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;

GeoReference required_georeference(const std::string& path) {
  std::optional<GeoReference> place = place_of_image(path);
  PPL_CHECK(place, path, ": expected an image with a place on the earth");
  return *std::move(place);
}

ImagePlaces::ImagePlaces(const std::string& path) {
  if (fs::is_regular_file(path)) {
    every_ = path;
    return;
  }
  for (const std::string& file : list_files(path, image_extensions(), "images")) {
    std::string id = image_id_of(fs::path(file).filename().string());
    for (const std::string suffix : {"_sat", "_mask"}) {
      if (id.ends_with(suffix) && id != suffix) id.resize(id.size() - suffix.size());
    }
    images_.emplace(std::move(id), file);
  }
}

std::optional<GeoReference> ImagePlaces::find(const std::string& id) {
  if (!every_.empty()) return place_of_image(every_);
  if (const auto own = images_.find(id); own != images_.end()) return place_of_image(own->second);
  if (!mosaics_) put_together();
  if (mosaics_->size() == 1) return mosaics_->front();
  for (size_t i = 0; i < mosaics_->size(); ++i) {
    if (id.ends_with(cat("_", i + 1))) return (*mosaics_)[i];
  }
  return {};
}

void ImagePlaces::put_together() {
  std::vector<PlacedTile> tiles;
  for (const auto& [id, path] : images_) {
    const std::optional<GeoReference> place = place_of_image(path);
    if (!place) continue;
    const ImageHeader header = read_image_header(path);
    tiles.push_back({path, header.height, header.width, *place});
  }
  mosaics_.emplace();
  for (const Mosaic& mosaic : arrange_tiles(tiles)) mosaics_->push_back(mosaic.geo);
}

}  // namespace ppl
