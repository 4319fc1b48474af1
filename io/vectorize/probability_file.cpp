#include "io/vectorize/probability_file.h"

#include <algorithm>
#include <cmath>

#include "io/image/formats.h"
#include "io/image/geotiff.h"

namespace ppl {
namespace {

// Where the line y crosses the rings, from left to right.
std::vector<double> crossings_of(const Polygon& polygon, double y) {
  std::vector<double> crossings;
  const auto cross_ring = [&](const Line& ring) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const Point a = ring[i], b = ring[(i + 1) % ring.size()];
      if ((a.y <= y) != (b.y <= y)) crossings.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
    }
  };
  cross_ring(polygon.outer);
  for (const Line& hole : polygon.holes) cross_ring(hole);
  std::sort(crossings.begin(), crossings.end());
  return crossings;
}

}  // namespace

ProbabilityFile::ProbabilityFile(const std::string& path) : path_(path) {
  if (is_tiff(path)) {
    tiff_ = std::make_unique<TiffParts>(path);
    height_ = tiff_->height();
    width_ = tiff_->width();
    return;
  }
  held_ = read_probabilities(path);
  height_ = held_.height;
  width_ = held_.width;
}

std::vector<float> ProbabilityFile::read(int64_t row, int64_t column, int64_t height, int64_t width) const {
  if (tiff_) return tiff_->read_probabilities(row, column, height, width);
  std::vector<float> part;
  part.reserve(static_cast<size_t>(height * width));
  for (int64_t y = row; y < row + height; ++y) {
    const auto begin = held_.values.begin() + y * width_ + column;
    part.insert(part.end(), begin, begin + width);
  }
  return part;
}

std::vector<uint8_t> ProbabilityFile::read_validity(const ImagePart& p) const {
  if (tiff_) return tiff_->read_validity(p.row, p.column, p.height, p.width);
  if (valid_.bytes.empty()) valid_ = ppl::read_validity(path_);
  PPL_CHECK(valid_.height == height_ && valid_.width == width_, path_, ": changed while it was read");
  std::vector<uint8_t> part;
  part.reserve(static_cast<size_t>(p.height * p.width));
  for (int64_t y = p.row; y < p.row + p.height; ++y) {
    const auto begin = valid_.bytes.begin() + y * width_ + p.column;
    part.insert(part.end(), begin, begin + p.width);
  }
  return part;
}

double mean_inside(const ProbabilityFile& file, const Polygon& polygon, int64_t part_pixels) {
  Point low = polygon.outer[0], high = low;
  for (const Point p : polygon.outer) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const auto first = std::max<int64_t>(0, static_cast<int64_t>(low.y));
  const auto end = std::min(file.height(), static_cast<int64_t>(high.y) + 1);
  const auto left = std::max<int64_t>(0, static_cast<int64_t>(low.x));
  const auto right = std::min(file.width(), static_cast<int64_t>(high.x) + 1), width = right - left;
  if (width <= 0) return 0;
  const int64_t rows = std::max<int64_t>(1, part_pixels / width);
  double sum = 0;
  int64_t count = 0;
  std::vector<float> part;
  for (int64_t row = first; row < end; ++row) {
    if ((row - first) % rows == 0) part = file.read(row, left, std::min(rows, end - row), width);
    const float* line = part.data() + (row - first) % rows * width;
    const std::vector<double> crossings = crossings_of(polygon, static_cast<double>(row) + 0.5);
    for (size_t k = 0; k + 1 < crossings.size(); k += 2) {
      const auto begin = std::max(left, static_cast<int64_t>(std::ceil(crossings[k] - 0.5)));
      for (int64_t c = begin; c < right && static_cast<double>(c) + 0.5 < crossings[k + 1]; ++c, ++count)
        sum += static_cast<double>(line[c - left]);
    }
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

double mean_along(const ProbabilityFile& file, const Line& line) {
  constexpr double kPiece = 256;  // pixels of a line that are read at once
  double sum = 0;
  int64_t count = 0;
  const auto pixel = [](double v, int64_t end) { return std::clamp<int64_t>(static_cast<int64_t>(v), 0, end - 1); };
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const double length = distance(line[i], line[i + 1]);
    const Point along = (line[i + 1] - line[i]) * (1 / length);
    for (double from = 0; from < length; from += kPiece) {
      const Point a = line[i] + along * from, b = line[i] + along * std::min(length, from + kPiece);
      const int64_t top = pixel(std::min(a.y, b.y), file.height()), left = pixel(std::min(a.x, b.x), file.width());
      const int64_t bottom = pixel(std::max(a.y, b.y), file.height()), right = pixel(std::max(a.x, b.x), file.width());
      const std::vector<float> part = file.read(top, left, bottom - top + 1, right - left + 1);
      for (double at = from + 0.5; at < std::min(length, from + kPiece); at += 1, ++count) {
        const Point p = line[i] + along * at;
        const int64_t row = pixel(p.y, file.height()) - top, column = pixel(p.x, file.width()) - left;
        sum += static_cast<double>(part[static_cast<size_t>(row * (right - left + 1) + column)]);
      }
    }
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

}  // namespace ppl
