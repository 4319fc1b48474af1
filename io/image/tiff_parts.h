// A TIFF of any size, read in rectangles. Through GDAL; without it everything throws an Error that says so.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ppl {

class TiffParts {
 public:
  // Error naming the file where it cannot be opened.
  explicit TiffParts(const std::string& path);
  ~TiffParts();
  TiffParts(const TiffParts&) = delete;
  TiffParts& operator=(const TiffParts&) = delete;

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  int bands() const { return bands_; }              // with that of opacity
  int alpha() const { return alpha_; }              // the band that holds opacity, from 1; 0: none
  int bits() const { return bits_; }                // of a value of the first band
  bool floats() const { return floats_; }           // values are floating point
  bool white_is_zero() const { return inverted_; }  // the highest value is black
  const std::vector<std::array<uint8_t, 3>>& palette() const { return palette_; }  // empty: none
  std::optional<double> no_data() const { return no_data_; }                       // of the first band
  // Rows that together are whole blocks of the file, with at least so many pixels.
  int64_t strip_rows(int64_t pixels) const;

  // Values of a band, from 1. Error naming the file where it is damaged. Besides the result some 64 MiB are held.
  std::vector<double> read_band(int band, int64_t row, int64_t column, int64_t height, int64_t width) const;
  // Whether the file is one band of bytes whose no data is told by a value alone, and its values then.
  bool plain_bytes() const { return plain_; }
  std::vector<uint8_t> read_bytes(int64_t row, int64_t column, int64_t height, int64_t width) const;
  // 1 where there is data: by no-data value, opacity, or a mask of its own.
  std::vector<uint8_t> read_validity(int64_t row, int64_t column, int64_t height, int64_t width) const;
  // Probabilities: bytes / 255, 16 bits / 65535, floats as they are. 0 where there is no data or no number. Error
  // where there are several bands, other types, or values outside [0, 1].
  std::vector<float> read_probabilities(int64_t row, int64_t column, int64_t height, int64_t width) const;

 private:
  struct Open;
  std::string path_;
  int64_t height_ = 0, width_ = 0;
  int bands_ = 0, alpha_ = 0, bits_ = 8;
  bool floats_ = false, inverted_ = false, plain_ = false;
  std::vector<std::array<uint8_t, 3>> palette_;
  std::optional<double> no_data_;
  std::unique_ptr<Open> open_;
};

}  // namespace ppl
