// The images that come in one by one, and the files that are made of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/predict/ensemble.h"
#include "io/image/geotiff.h"

namespace ppl::apps {

struct TilePart {
  int64_t row = 0, column = 0, height = 0, width = 0;
};

struct LoadedTile {
  Image image;                        // 8 bit, the chosen bands
  TilePart tile;                      // where the tile lies in it: all of it, but for margins
  std::vector<uint8_t> valid;         // 1 where there is data; empty: everywhere
  std::optional<GeoReference> place;  // of TIFF images
};

// Takes the margin off; probability [image.height, image.width, classes]. What it has of the image is of no use then.
void cut_margin(LoadedTile&, std::vector<float>& probability, int classes);

// Error naming the file.
LoadedTile read_tile(const std::string& path, const InputSpec&);

class TileFiles {
 public:
  TileFiles(const PredictOptions&, const Ensemble&);
  std::string mask_path(const std::string& id) const;
  // Probabilities, then the mask, so that a mask says that all is there. Nothing is foreground where there is no data;
  // probabilities are 0 there.
  void write(const std::string& id, const LoadedTile&, std::vector<float>& probability) const;

 private:
  void write_probabilities(const std::string& id, const LoadedTile&, const std::vector<float>& probability) const;

  std::string out_, format_, probabilities_, suffix_;
  int classes_;
  double threshold_;
};

}  // namespace ppl::apps
