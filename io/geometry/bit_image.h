// A mask of one bit a pixel, and what is done to masks before they become lines and polygons.
#pragma once

#include <cstdint>
#include <vector>

namespace ppl {

// Pixel (row, column) is bit column % 64 of word 1 + column / 64 of its row. One zero word before and after each row
// and one zero row above and below let neighbours be read without asking where the border is. Bits right of the last
// column stay 0.
class BitImage {
 public:
  BitImage() = default;
  BitImage(int64_t height, int64_t width);  // zeros; Error for negative extents and for more than 2^34 pixels
  // data [height, width]: foreground where it is not 0.
  static BitImage from_bytes(const uint8_t* data, int64_t height, int64_t width);

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  int64_t words() const { return words_; }  // of a row, without the two around it

  bool get(int64_t row, int64_t column) const { return this->row(row)[1 + (column >> 6)] >> (column & 63) & 1; }
  void set(int64_t row, int64_t column) { this->row(row)[1 + (column >> 6)] |= uint64_t{1} << (column & 63); }
  void clear(int64_t row, int64_t column) { this->row(row)[1 + (column >> 6)] &= ~(uint64_t{1} << (column & 63)); }
  // Sets columns [begin, end) of a row to value.
  void fill(int64_t row, int64_t begin, int64_t end, bool value);

  // Row -1 to height: the word before the row's first.
  uint64_t* row(int64_t r) { return bits_.data() + (r + 1) * stride_; }
  const uint64_t* row(int64_t r) const { return bits_.data() + (r + 1) * stride_; }
  int64_t count() const;
  void clear_right();  // zeroes the bits right of the last column
  bool operator==(const BitImage&) const = default;

 private:
  int64_t height_ = 0, width_ = 0, words_ = 0, stride_ = 0;
  std::vector<uint64_t> bits_;
};

// The pixels of `row` that are set, in runs [begin, end).
struct Run {
  int64_t row, begin, end;
  bool operator==(const Run&) const = default;
};
// All runs of set (or of clear) pixels in row order.
std::vector<Run> find_runs(const BitImage&, bool value = true);

// Number of each run's component, counted from 0 in the order of their first runs. diagonal: corners touch (8
// neighbours), else only sides (4). Runs as of find_runs.
struct Components {
  std::vector<int32_t> of_run;
  std::vector<int64_t> area;  // pixels
};
Components label_runs(const std::vector<Run>&, bool diagonal);

// Grows (dilate) by a disc of whole pixels: offsets with x*x + y*y <= radius*radius.
BitImage dilated(const BitImage&, int radius);
// Dilation, then erosion by the same disc; pixels outside the image count as undecided, so that nothing shrinks
// there.
BitImage closed(const BitImage&, int radius);
// Drops components (8 neighbours) of fewer than `least` pixels.
void remove_small(BitImage&, int64_t least);
// Fills holes (4 neighbours) of fewer than `least` pixels that do not touch the border.
void fill_small_holes(BitImage&, int64_t least);

}  // namespace ppl
