#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "apps/score/buildings/buildings_read.h"
#include "io/tables/csv.h"
#include "io/tables/mapped_tables.h"
#include "io/tables/polygon_wkt.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

double parse_confidence(const std::string& text, const std::string& where) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  PPL_CHECK(error == std::errc{} && end == text.data() + text.size() && std::isfinite(value), where,
            ": expected a number as confidence, got '", text.substr(0, 30), "'");
  return value;
}

// Numbers of a table's columns; -1 for one that is not there.
struct Columns {
  size_t count;
  int image, polygon, id, confidence;
};

Columns find_columns(const std::vector<std::string>& header, const std::string& path) {
  const Columns columns{header.size(), find_column(header, {"ImageId", "image_id"}),
                        find_column(header, {"PolygonWKT_Pix", "WKT_Pix"}),
                        find_column(header, {"BuildingId", "building_id"}), find_column(header, {"Confidence"})};
  PPL_CHECK(columns.image >= 0 && columns.polygon >= 0, path,
            ": expected columns ImageId and PolygonWKT_Pix in the header");
  return columns;
}

class BuildingTables : public BuildingSource {
 public:
  explicit BuildingTables(const std::vector<std::string>& paths) {
    std::map<std::string, std::vector<RowRun>> runs;
    for (const std::string& path : paths) index(tables_.add(path), runs);
    while (!runs.empty()) {
      auto node = runs.extract(runs.begin());
      ids_.push_back(std::move(node.key()));
      runs_.push_back(std::move(node.mapped()));
    }
  }

  size_t size() const override { return ids_.size(); }
  const std::string& id(size_t image) const override { return ids_[image]; }
  bool in_pixels() const override { return true; }
  const std::string& crs() const override { return no_crs_; }

  std::vector<Building> read(size_t image, std::vector<std::string>& repaired) const override {
    std::vector<Building> buildings;
    for (const RowRun& run : runs_[image]) read_run(ids_[image], run, buildings, repaired);
    return buildings;
  }

 private:
  void index(uint32_t file, std::map<std::string, std::vector<RowRun>>& runs) {
    const std::string& path = tables_.path(file);
    CsvReader reader(tables_.text(file), path);
    std::vector<std::string> row;
    PPL_CHECK(reader.next(row), path, ": an empty file; expected a table with a header");
    const Columns& columns = columns_.emplace_back(find_columns(row, path));
    const std::string* current = nullptr;
    for (size_t told = 0; reader.next(row);) {
      tables_.touch(reader.offset() - std::exchange(told, reader.offset()));
      PPL_CHECK(row.size() == columns.count, path, ":", reader.line(), ": expected ", columns.count,
                " fields as in the header, got ", row.size());
      PPL_CHECK(reader.line() <= UINT32_MAX, path, ": expected at most ", UINT32_MAX, " lines");
      const std::string& image = row[static_cast<size_t>(columns.image)];
      if (current && image == *current) continue;
      const auto known = runs.try_emplace(image).first;
      known->second.push_back({reader.offset(), static_cast<uint32_t>(reader.line()), file});
      current = &known->first;
    }
  }

  void read_run(const std::string& image, const RowRun& run, std::vector<Building>& to,
                std::vector<std::string>& repaired) const {
    const std::string& path = tables_.path(run.file);
    const Columns& columns = columns_[run.file];
    CsvReader reader(tables_.text(run.file).substr(run.offset), path, run.line);
    std::vector<std::string> row;
    tables_.touch_line();
    const auto field = [&](int i) -> const std::string& { return row[static_cast<size_t>(i)]; };
    for (size_t told = 0; reader.next(row) && field(columns.image) == image;) {
      tables_.touch(reader.offset() - std::exchange(told, reader.offset()));
      const std::string where = cat(path, ":", reader.line());
      Building building;
      building.polygons = parse_polygons(field(columns.polygon), where);
      if (columns.id >= 0) building.id = field(columns.id);
      if (columns.confidence >= 0) building.confidence = parse_confidence(field(columns.confidence), where);
      if (building.polygons.empty()) continue;  // an image without buildings has a row too
      set_shape(building, where, repaired);
      to.push_back(std::move(building));
    }
  }

  MappedTables tables_;
  std::vector<Columns> columns_;  // by file
  std::vector<std::string> ids_;
  std::vector<std::vector<RowRun>> runs_;
  const std::string no_crs_;
};

}  // namespace

std::unique_ptr<BuildingSource> open_building_tables(const std::vector<std::string>& paths) {
  return std::make_unique<BuildingTables>(paths);
}

}  // namespace ppl::score
