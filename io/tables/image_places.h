// How the pixels of images lie on the earth, by the images that say so.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/image/geotiff.h"

namespace ppl {

// The images of a folder, by the image's id that their names hold (without _sat or _mask at its end).
class ImagePlaces {
 public:
  // Or one image, which is that of every id.
  explicit ImagePlaces(const std::string& path);

  // Of the id's own image, by what it says itself, a file beside it or a slippy name. Else the images that have a place
  // are put together as `vectorize --mosaic` does: all of it where they make one mosaic, mosaic 2 of several for an id
  // that ends with _2. Nothing where neither is there. Error where an image cannot be read.
  std::optional<GeoReference> find(const std::string& id);

 private:
  void put_together();

  std::string every_;  // the one image of all ids
  std::map<std::string, std::string> images_;
  std::optional<std::vector<GeoReference>> mosaics_;  // once they are asked for
};

// Of an image; Error where it says nothing.
GeoReference required_georeference(const std::string& path);

}  // namespace ppl
