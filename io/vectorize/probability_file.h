// Probabilities where they are asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/geometry/polygon.h"
#include "io/image/tiff_parts.h"
#include "io/vectorize/raster.h"

namespace ppl {

// As read_probabilities has them. TIFF files are read when they are asked, so that they may be of any size; others are
// held. One object serves one thread.
class ProbabilityFile {
 public:
  explicit ProbabilityFile(const std::string& path);

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  // [height, width] of a rectangle inside the image.
  std::vector<float> read(int64_t row, int64_t column, int64_t height, int64_t width) const;
  // 1 where there is data, else 0, of the same.
  std::vector<uint8_t> read_validity(const ImagePart&) const;

 private:
  std::string path_;
  int64_t height_ = 0, width_ = 0;
  std::unique_ptr<TiffParts> tiff_;
  ProbabilityRaster held_;
  mutable Image valid_;  // of what is held, once it is asked for
};

// The mean of the pixels whose centres lie inside; 0 where there are none. part_pixels: about so many are held.
double mean_inside(const ProbabilityFile&, const Polygon&, int64_t part_pixels = int64_t{1} << 22);

// The mean of the pixels that the line runs through, one a pixel of its length.
double mean_along(const ProbabilityFile&, const Line&);

}  // namespace ppl
