// How the pixels of images lie on the earth, by the images that say so.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/image/geotiff.h"

namespace ppl {

// The TIFF images of a folder, by the image's id that their names hold (without _sat or _mask at its end).
class ImagePlaces {
 public:
  explicit ImagePlaces(const std::string& folder);

  // Of the image's own image. Else the images are put together as `vectorize --mosaic` does: all of it where they
  // make one mosaic, mosaic 2 of several for an id that ends with _2. Nothing where neither is there. Error where a
  // image cannot be read or says nothing.
  std::optional<GeoReference> find(const std::string& id);

 private:
  void put_together();

  std::map<std::string, std::string> images_;
  std::optional<std::vector<GeoReference>> mosaics_;  // once they are asked for
};

// Of an image; Error where it says nothing.
GeoReference required_georeference(const std::string& path);

}  // namespace ppl
