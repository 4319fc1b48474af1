// Metres a pixel: those of the images beside those that the weights were trained at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/predict/folder/tile_files.h"
#include "apps/predict/options.h"
#include "io/image/geotiff.h"
#include "io/maps/ground_pixel.h"
#include "io/tiles/tiles.h"

namespace ppl::apps {

// What the network sees: so many pixels for each of the image's.
struct Zoom {
  double down = 1, across = 1;
  bool resamples() const { return down != 1 || across != 1; }
};

class ImageScale {
 public:
  // Error where --resample is asked for and nothing says what the weights were trained at.
  ImageScale(const PredictOptions&, const InputSpec& of_weights);

  // Warns where images differ from the weights by more than a tenth, or where nothing says their metres, which is an
  // Error with --resample; of a folder some images are looked at.
  void compare(const std::optional<GeoReference>& place, int64_t height, int64_t width) const;
  void compare(const std::vector<TileFile>& tiles) const;

  // 1 without --resample. Error naming `where` where nothing says the image's metres a pixel.
  Zoom zoom(const std::optional<GeoReference>& place, int64_t height, int64_t width, const std::string& where) const;
  // Makes what the network sees of a tile.
  void resample(LoadedTile&, const std::string& path) const;

 private:
  void say(const std::vector<GroundPixel>& pixels, const std::string& images) const;

  const bool resample_;
  const std::optional<double> given_;  // what --pixel-size says
  double weights_ = 0;                 // 0: unknown
};

}  // namespace ppl::apps
