// A TIFF of any size, read in rectangles. Through GDAL; without it everything throws an Error that says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/image/image.h"

namespace ppl {

class TiffParts {
 public:
  // Error naming the file where it cannot be opened, or holds neither 8 nor 16 bits nor one band of 32-bit floats.
  explicit TiffParts(const std::string& path);
  ~TiffParts();
  TiffParts(const TiffParts&) = delete;
  TiffParts& operator=(const TiffParts&) = delete;

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  int bands() const { return bands_; }
  bool floats() const { return floats_; }
  // Rows that together are whole blocks of the file, with at least so many pixels.
  int64_t strip_rows(int64_t pixels) const;

  // All bands, in file order. Error naming the file where it is damaged. Besides the result some 64 MiB are held.
  Image read(int64_t row, int64_t column, int64_t height, int64_t width) const;
  // Of floats. Probabilities: Error where one is not in [0, 1]; what is no number counts as 0.
  std::vector<float> read_probabilities(int64_t row, int64_t column, int64_t height, int64_t width) const;

 private:
  struct Open;
  std::string path_;
  int64_t height_ = 0, width_ = 0;
  int bands_ = 0, depth_ = 8;
  bool floats_ = false;
  std::unique_ptr<Open> open_;
};

}  // namespace ppl
