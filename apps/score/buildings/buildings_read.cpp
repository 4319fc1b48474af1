#include "apps/score/buildings/buildings_read.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "io/folder.h"
#include "io/places/projection.h"
#include "io/tables/csv.h"
#include "io/tables/image_id.h"
#include "io/tables/layers/vector_file.h"
#include "kernels/base.h"

namespace ppl::score {
namespace fs = std::filesystem;
namespace {

struct LayerBuilding {
  Building building;
  std::string where;
};

class BuildingLayers : public BuildingSource {
 public:
  BuildingLayers(const std::vector<std::string>& paths, const BuildingReading& reading) : in_pixels_(reading.pixels) {
    Images images;
    for (const std::string& path : paths) add(path, reading, path == paths.front(), images);
    unnamed_ = paths.size() == 1 && named_by_files_.size() == 1 && images.size() == 1;
    for (auto& image : images) images_.emplace_back(image.first, std::move(image.second));
  }

  size_t size() const override { return images_.size(); }
  const std::string& id(size_t image) const override { return images_[image].first; }
  bool in_pixels() const override { return in_pixels_; }
  const std::string& crs() const override { return crs_; }
  bool is_unnamed() const override { return unnamed_; }

  void project_to(const std::string& crs) override {
    Projection projection(crs_, crs);
    for (auto& image : images_) {
      for (LayerBuilding& held : image.second) {
        for (Polygon& polygon : held.building.polygons) {
          project(projection, polygon.outer, held.where);
          for (Line& hole : polygon.holes) project(projection, hole, held.where);
        }
      }
    }
    crs_ = crs;
  }

  std::vector<Building> read(size_t image, std::vector<std::string>& repaired) const override {
    std::vector<Building> buildings;
    for (const LayerBuilding& held : images_[image].second) {
      buildings.push_back(held.building);
      set_shape(buildings.back(), held.where, repaired);
    }
    return buildings;
  }

 private:
  using Images = std::map<std::string, std::vector<LayerBuilding>, Utf16Less>;

  static void project(Projection& projection, Line& line, const std::string& where) {
    projection.apply(line);
    const bool placed =
        std::all_of(line.begin(), line.end(), [](Point p) { return std::isfinite(p.x) && std::isfinite(p.y); });
    PPL_CHECK(placed, where, ": has no place in the truth's coordinate system");
  }

  void add(const std::string& path, const BuildingReading& reading, bool first, Images& images) {
    const bool pixels = reading.pixels;
    ReadPolygons read = read_polygons(path, pixels);
    const std::string crs = pixels ? "" : read.crs;
    PPL_CHECK(first || (crs_ == crs && in_pixels_ == (pixels || read.in_pixels)), path,
              ": another coordinate system than the files before");
    crs_ = crs;
    in_pixels_ = pixels || read.in_pixels;
    const std::string own = image_id_of(fs::path(path).filename().string());
    bool is_own = read.features.empty();
    if (is_own) images[own];
    std::map<std::string, Confidences> confidences;
    for (ReadPolygons::Feature& feature : read.features) {
      is_own = is_own || feature.image.empty();
      const std::string& id = feature.image.empty() ? own : feature.image;
      std::vector<LayerBuilding>& buildings = images[id];
      if (feature.polygons.empty()) continue;
      LayerBuilding& next = buildings.emplace_back();
      next.where = cat(path, ": feature ", feature.id);
      next.building.id = std::move(feature.id);
      next.building.confidence =
          confidences.try_emplace(id, reading.confidences).first->second.parse(feature.confidence, next.where);
      next.building.polygons = std::move(feature.polygons);
    }
    if (!is_own) return;
    const auto [other, fresh] = named_by_files_.emplace(own, path);
    PPL_CHECK(fresh, path, ": names image '", own, "', as ", other->second, " does");
  }

  std::vector<std::pair<std::string, std::vector<LayerBuilding>>> images_;
  std::map<std::string, std::string> named_by_files_;  // id and file
  std::string crs_;
  bool in_pixels_, unnamed_ = false;
};

}  // namespace

double Confidences::parse(std::string_view text, const std::string& where) {
  double value = 1;
  if (!wanted_) return value;
  const bool blank = is_blank(text);
  if (!blank) {
    text = strip(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    PPL_CHECK(error == std::errc{} && end == text.data() + text.size() && std::isfinite(value), where,
              ": expected a number as confidence, got '", text.substr(0, 30), "'");
  }
  ++(blank ? blank_ : given_);
  PPL_CHECK(given_ == 0 || blank_ == 0, where, blank ? ": has no confidence, but" : ": has a confidence, but",
            " other buildings of its image have ", blank ? "one" : "none");
  return value;
}

void set_shape(Building& building, const std::string& where, std::vector<std::string>& repaired) {
  building.shape = Shape(building.polygons);
  const std::string fault = building.shape.fault();
  if (fault.empty()) return;
  repaired.push_back(cat(where, ": ", fault));
  building.shape = building.shape.repaired();
}

std::unique_ptr<BuildingSource> read_building_layers(const std::vector<std::string>& paths,
                                                     const BuildingReading& reading) {
  return std::make_unique<BuildingLayers>(paths, reading);
}

std::unique_ptr<BuildingSource> open_buildings(const std::string& path, const BuildingReading& reading) {
  const std::vector<std::string> files = list_files(path, {".csv", ".geojson", ".json", ".gpkg", ".fgb", ".shp"},
                                                    "tables (.csv) or layers (.geojson, .json, .gpkg, .fgb, .shp)");
  const auto layers = std::count_if(files.begin(), files.end(), is_layer);
  PPL_CHECK(layers == 0 || static_cast<size_t>(layers) == files.size(), path,
            ": tables (pixels) and layers (coordinates) do not mix in one folder");
  return layers > 0 ? read_building_layers(files, reading) : open_building_tables(files, reading);
}

}  // namespace ppl::score
