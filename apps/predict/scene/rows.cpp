#include "apps/predict/scene/rows.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

namespace ppl::apps {

SceneRows::SceneRows(std::string folder, const WindowAxis& rows, const WindowAxis& columns, int64_t classes)
    : folder_(std::move(folder)), rows_(rows), columns_(columns), classes_(classes) {}

std::string SceneRows::path(int64_t row) const { return fmt::format("{}/row{:06}.f32", folder_, row); }

uint64_t SceneRows::bytes_of(int64_t row) const {
  const int64_t lines = rows_.finished(row).size() + (row + 1 < rows_.count() ? rows_.overlap() : 0);
  return static_cast<uint64_t>(lines) * line_bytes();
}

void SceneRows::write(const Finished& finished) {
  const Part& part = finished.part;
  if (finished.window_column == 0) {
    file_ = std::make_unique<FileWriter>(path(finished.window_row));
    file_->extend(bytes_of(finished.window_row));
  }
  const auto values = static_cast<size_t>(part.width * classes_);
  std::vector<float> line(values);
  for (int64_t y = 0; y < part.height; ++y) {
    std::copy_n(part.probability.begin() + y * static_cast<int64_t>(values), values, line.begin());
    for (size_t k = 0; k < values; ++k) {
      const auto pixel = static_cast<size_t>(y * part.width) + k / static_cast<size_t>(classes_);
      if (!part.valid[pixel]) line[k] = std::numeric_limits<float>::quiet_NaN();
    }
    const auto row = static_cast<uint64_t>(part.row - rows_.finished(finished.window_row).begin + y);
    const auto column = static_cast<uint64_t>(part.column * classes_) * sizeof(float);
    file_->write_at(row * line_bytes() + column, line.data(), values * sizeof(float));
  }
  if (finished.window_column + 1 < columns_.count()) return;
  const uint64_t below = finished.left_below.size() * sizeof(float);
  if (finished.window_row + 1 < rows_.count())
    file_->write_at(bytes_of(finished.window_row) - below, finished.left_below.data(), below);
  file_->commit();
  file_.reset();
}

Part SceneRows::part_of(int64_t row, int64_t column, const MappedFile& own, const MappedFile& above) const {
  const Range rows = rows_.finished(row), columns = columns_.finished(column);
  Part part{rows.begin, columns.begin, rows.size(), columns.size(), {}, {}};
  const auto values = static_cast<size_t>(part.width * classes_);
  const auto begin = static_cast<size_t>(columns.begin * classes_) * sizeof(float);
  std::vector<float> line(values), more(values);
  for (int64_t y = 0; y < part.height; ++y) {
    const auto from = static_cast<size_t>(y) * line_bytes() + begin;
    std::memcpy(line.data(), own.bytes().data() + from, values * sizeof(float));
    if (row > 0 && y < rows_.overlap()) {
      const size_t strip = above.bytes().size() - static_cast<size_t>(rows_.overlap()) * line_bytes();
      std::memcpy(more.data(), above.bytes().data() + strip + from, values * sizeof(float));
      for (size_t k = 0; k < values; ++k) line[k] += more[k];
    }
    for (size_t k = 0; k < values; k += static_cast<size_t>(classes_)) part.valid.push_back(!std::isnan(line[k]));
    part.probability.insert(part.probability.end(), line.begin(), line.end());
  }
  return part;
}

void SceneRows::put_together(const std::function<void(Part)>& emit) const {
  MappedFile above;
  for (int64_t row = 0; row < rows_.count(); ++row) {
    MappedFile own(path(row));
    PPL_CHECK(own.bytes().size() == bytes_of(row), path(row), ": ", own.bytes().size(), " bytes; expected ",
              bytes_of(row));
    for (int64_t column = 0; column < columns_.count(); ++column) emit(part_of(row, column, own, above));
    own.release();
    above = std::move(own);
  }
}

bool SceneRows::is_there(int64_t row) const {
  std::error_code error;
  return std::filesystem::file_size(path(row), error) == bytes_of(row) && !error;
}

void SceneRows::remove() const {
  std::error_code ignored;
  for (int64_t row = 0; row < rows_.count(); ++row) std::filesystem::remove(path(row), ignored);
  remove_abandoned(folder_);
}

}  // namespace ppl::apps
