#include "models/inference/windows.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/base.h"

namespace ppl {

WindowAxis::WindowAxis(int64_t extent, int64_t window, int64_t overlap)
    : extent_(extent), window_(window), overlap_(overlap) {
  PPL_CHECK(extent > 0 && window > 0 && overlap >= 0 && overlap <= window / 2, "windows of ", window, " with overlap ",
            overlap, " over ", extent, ": the overlap is at most half a window");
  count_ = extent <= window ? 1 : ceil_div(extent - overlap, window - overlap);
}

Range WindowAxis::used(int64_t i) const { return {i * stride(), std::min(extent_, i * stride() + window_)}; }

Range WindowAxis::seen(int64_t i) const {
  const int64_t end = used(i).end;
  return {std::max<int64_t>(0, end - window_), end};
}

Range WindowAxis::finished(int64_t i) const { return {i * stride(), i + 1 < count_ ? (i + 1) * stride() : extent_}; }

float WindowAxis::weight(int64_t i, int64_t place) const {
  const auto rise = [&](int64_t begin) {
    const double share = (static_cast<double>(place - begin) + 0.5) / static_cast<double>(overlap_);
    const double s = std::sin(std::numbers::pi / 2 * share);
    return static_cast<float>(s * s);
  };
  const int64_t begin = i * stride(), next = begin + stride();
  if (i > 0 && place < begin + overlap_) return rise(begin);
  if (i + 1 < count_ && place >= next) return 1 - rise(next);
  return 1;
}

Blender::Blender(const WindowAxis& rows, const WindowAxis& columns, int64_t channels)
    : rows_(rows), columns_(columns), channels_(channels) {
  const auto strip = static_cast<size_t>(rows.count() > 1 ? rows.overlap() * columns.extent() * channels : 0);
  above_.resize(strip);
  below_.resize(strip);
}

std::vector<float> Blender::weighted(const float* values) const {
  const Range rows = rows_.used(row_), columns = columns_.used(column_);
  std::vector<float> sum(static_cast<size_t>(rows.size() * columns.size() * channels_), 0);
  if (!values) return sum;
  const Range seen_rows = rows_.seen(row_), seen_columns = columns_.seen(column_);
  std::vector<float> across;
  for (int64_t x = columns.begin; x < columns.end; ++x) across.push_back(columns_.weight(column_, x));
  float* to = sum.data();
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const float down = rows_.weight(row_, y);
    const float* from =
        values + ((y - seen_rows.begin) * seen_columns.size() + columns.begin - seen_columns.begin) * channels_;
    for (const float weight : across)
      for (int64_t c = 0; c < channels_; ++c) *to++ = down * weight * *from++;
  }
  return sum;
}

// Takes what the window to the left left, and leaves what belongs to the one on the right.
void Blender::carry_across(std::vector<float>& sum) {
  const int64_t height = rows_.used(row_).size(), line = columns_.used(column_).size() * channels_;
  const int64_t strip = columns_.overlap() * channels_;
  if (column_ > 0) {
    for (int64_t y = 0; y < height; ++y)
      for (int64_t k = 0; k < strip; ++k)
        sum[static_cast<size_t>(y * line + k)] += right_[static_cast<size_t>(y * strip + k)];
  }
  if (column_ + 1 == columns_.count()) return;
  right_.resize(static_cast<size_t>(height * strip));
  const int64_t next = columns_.stride() * channels_;
  for (int64_t y = 0; y < height; ++y) std::copy_n(sum.data() + y * line + next, strip, right_.data() + y * strip);
}

// The same between rows of windows, for the columns that are finished.
void Blender::carry_down(std::vector<float>& sum) {
  const Range columns = columns_.finished(column_);
  const int64_t line = columns_.used(column_).size() * channels_, width = columns.size() * channels_;
  const auto strip_row = [&](std::vector<float>& strip, int64_t y) {
    return strip.data() + (y * columns_.extent() + columns.begin) * channels_;
  };
  for (int64_t y = 0; y < rows_.overlap(); ++y) {
    if (row_ > 0) {
      const float* from = strip_row(above_, y);
      for (int64_t k = 0; k < width; ++k) sum[static_cast<size_t>(y * line + k)] += from[k];
    }
    if (row_ + 1 < rows_.count()) std::copy_n(sum.data() + (rows_.stride() + y) * line, width, strip_row(below_, y));
  }
}

void Blender::start_row(int64_t row) {
  PPL_CHECK(row >= 0 && row < rows_.count(), "blending: no row ", row);
  row_ = row;
  column_ = 0;
  std::fill(above_.begin(), above_.end(), 0.0f);
}

void Blender::step() {
  if (++column_ < columns_.count()) return;
  column_ = 0;
  ++row_;
  std::swap(above_, below_);
}

void Blender::add(const float* values, const Emit& emit) {
  PPL_CHECK(!done(), "blending: a window after the last");
  std::vector<float> sum = weighted(values);
  carry_across(sum);
  carry_down(sum);
  const Range rows = rows_.finished(row_), columns = columns_.finished(column_);
  const int64_t line = columns_.used(column_).size() * channels_, width = columns.size() * channels_;
  // Lines close up in place: what is left out are the overlaps that others finish.
  for (int64_t y = 1; y < rows.size(); ++y) std::copy_n(sum.data() + y * line, width, sum.data() + y * width);
  emit(rows.begin, columns.begin, rows.size(), columns.size(), sum.data());
  step();
}

}  // namespace ppl
