// Images larger than what a network is given at once: overlapping windows, and their probabilities put together.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace ppl {

struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

// Windows along one axis: they begin at multiples of window - overlap; at most two see the same place.
class WindowAxis {
 public:
  // Error unless 0 <= overlap <= window / 2 and extent > 0.
  WindowAxis(int64_t extent, int64_t window, int64_t overlap);

  int64_t extent() const { return extent_; }
  int64_t overlap() const { return overlap_; }
  int64_t stride() const { return window_ - overlap_; }
  int64_t count() const { return count_; }
  Range seen(int64_t i) const;      // what the network is given; as long as the window where the axis has so much
  Range used(int64_t i) const;      // where its result has a weight above 0
  Range finished(int64_t i) const;  // what has all its parts after window i, and not before
  // The weight of window i at a place that it uses: squared sine over the overlaps, so that it is 0 and flat where a
  // window ends. The weights of all windows at a place sum to 1.
  float weight(int64_t i, int64_t place) const;

 private:
  int64_t extent_, window_, overlap_, count_;
};

// Sums weighted windows, which come row by row; holds two strips of overlap x width and two of window x overlap.
class Blender {
 public:
  Blender(const WindowAxis& rows, const WindowAxis& columns, int64_t channels);

  // A finished rectangle; data [height, width, channels].
  using Emit = std::function<void(int64_t row, int64_t column, int64_t height, int64_t width, const float* data)>;

  // values [rows.seen(i), columns.seen(j), channels] of the next window, null: zeros. Error out of turn.
  void add(const float* values, const Emit& emit);
  // Goes to the first window of a row, for who has one row only: what the row above would leave counts as zeros.
  void start_row(int64_t row);
  // While the last window of a row is emitted: what the row leaves to the next, [overlap, width, channels]. The next
  // row's first lines are what start_row() makes of them plus this, to the bit.
  const std::vector<float>& left_below() const { return below_; }
  bool done() const { return row_ == rows_.count(); }
  int64_t next_row() const { return row_; }
  int64_t next_column() const { return column_; }

 private:
  std::vector<float> weighted(const float* values) const;
  void carry_across(std::vector<float>& sum);
  void carry_down(std::vector<float>& sum);
  void step();

  WindowAxis rows_, columns_;
  int64_t channels_, row_ = 0, column_ = 0;
  std::vector<float> right_;          // [used rows, overlap, channels] of the window before, for this one
  std::vector<float> above_, below_;  // [overlap, width, channels] of the row of windows before, and for the next
};

}  // namespace ppl
