// The images that come in one by one, and the names of the files that are made of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/predict/options.h"
#include "io/image/geotiff.h"
#include "io/tiles/input_spec.h"

namespace ppl::apps {

struct TilePart {
  int64_t row = 0, column = 0, height = 0, width = 0;
};

struct LoadedTile {
  Image image;                        // 8 bit, the chosen bands
  TilePart tile;                      // where the tile lies in it: all of it, but for margins
  std::vector<uint8_t> valid;         // 1 where there is data; empty: everywhere
  std::optional<GeoReference> place;  // of TIFF images
  Image seen;                         // what the network is given instead of the image, where that is resampled
  std::vector<uint8_t> seen_valid;
};

// Takes the margin off; probability [image.height, image.width, classes]. What it has of the image is of no use then.
void cut_margin(LoadedTile&, std::vector<float>& probability, int classes);

// Error naming the file.
LoadedTile read_tile(const std::string& path, const InputSpec&);

// Where what is made of a tile goes.
class TilePaths {
 public:
  TilePaths(const PredictOptions&, int classes);
  // Relative to the folder of the results.
  std::string mask(const std::string& id) const { return id + suffix_ + "." + extension_; }
  std::vector<std::string> probabilities(const std::string& id) const;  // one a class, if they are wanted
  std::vector<std::string> all(const std::string& id) const;
  std::string in_folder(const std::string& file) const { return out_ + "/" + file; }

 private:
  std::string out_, suffix_, extension_, probability_extension_;
  int classes_;
};

}  // namespace ppl::apps
