#include "apps/score/buildings_read.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "io/file.h"
#include "io/vector/csv.h"
#include "io/vector/polygon_wkt.h"
#include "io/vector/vector_file.h"

namespace ppl::score {
namespace fs = std::filesystem;
namespace {

double parse_confidence(const std::string& text, const std::string& where) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  PPL_CHECK(error == std::errc{} && end == text.data() + text.size() && std::isfinite(value), where,
            ": expected a number as confidence, got '", text.substr(0, 30), "'");
  return value;
}

void add(BuildingSource& to, const std::string& image, Building building, const std::string& where) {
  building.shape = Shape(building.polygons);
  if (const std::string fault = building.shape.fault(); !fault.empty()) {
    to.repaired.push_back(cat(where, ": ", fault));
    building.shape = building.shape.repaired();
  }
  to.images[image].push_back(std::move(building));
}

void read_table(const std::string& path, BuildingSource& to) {
  const MappedFile file(path);
  CsvReader reader({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path);
  std::vector<std::string> row;
  PPL_CHECK(reader.next(row), path, ": an empty file; expected a table with a header");
  const int image = find_column(row, {"ImageId", "image_id"}),
            polygon = find_column(row, {"PolygonWKT_Pix", "WKT_Pix"});
  const int id = find_column(row, {"BuildingId", "building_id"}), confidence = find_column(row, {"Confidence"});
  PPL_CHECK(image >= 0 && polygon >= 0, path, ": expected columns ImageId and PolygonWKT_Pix in the header");
  const size_t columns = row.size();
  while (reader.next(row)) {
    const std::string where = cat(path, ":", reader.line());
    PPL_CHECK(row.size() == columns, where, ": expected ", columns, " fields as in the header, got ", row.size());
    const auto field = [&](int i) { return row[static_cast<size_t>(i)]; };
    Building building;
    building.polygons = parse_polygons(field(polygon), where);
    if (id >= 0) building.id = field(id);
    if (confidence >= 0) building.confidence = parse_confidence(field(confidence), where);
    to.images[field(image)];  // an image without buildings has a row too
    if (!building.polygons.empty()) add(to, field(image), std::move(building), where);
  }
  to.in_pixels = true;
}

void read_layer(const std::string& path, BuildingSource& to) {
  ReadPolygons read = read_polygons(path);
  PPL_CHECK(to.crs.empty() || to.crs == read.crs, path, ": another coordinate system than the files before");
  to.crs = read.crs;
  const std::string own = fs::path(path).stem().string();
  if (read.features.empty()) to.images[own];
  for (ReadPolygons::Feature& feature : read.features) {
    Building building;
    building.id = feature.id;
    building.confidence = feature.confidence;
    building.polygons = std::move(feature.polygons);
    const std::string& image = feature.image.empty() ? own : feature.image;
    to.images[image];
    if (!building.polygons.empty()) add(to, image, std::move(building), cat(path, ": feature ", feature.id));
  }
}

}  // namespace

BuildingSource read_buildings(const std::string& path) {
  std::vector<std::string> files;
  if (fs::is_directory(path)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
      const std::string name = entry.path().string();
      if (name.ends_with(".csv") || is_vector_file(name)) files.push_back(name);
    }
    std::sort(files.begin(), files.end());
    PPL_CHECK(!files.empty(), path, ": no .csv, .geojson or .gpkg file in this folder");
  } else {
    files.push_back(path);
  }
  BuildingSource source;
  bool tables = false, layers = false;
  for (const std::string& file : files) {
    (is_vector_file(file) ? layers : tables) = true;
    PPL_CHECK(!tables || !layers, file, ": tables (pixels) and layers (coordinates) do not mix in one folder");
    if (layers) {
      read_layer(file, source);
    } else {
      read_table(file, source);
    }
  }
  return source;
}

}  // namespace ppl::score
