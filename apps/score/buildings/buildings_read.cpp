#include "apps/score/buildings/buildings_read.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "io/tables/vector_file.h"
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
  explicit BuildingLayers(const std::vector<std::string>& paths) {
    std::map<std::string, std::vector<LayerBuilding>> images;
    for (const std::string& path : paths) add(path, images);
    for (auto& image : images) images_.emplace_back(image.first, std::move(image.second));
  }

  size_t size() const override { return images_.size(); }
  const std::string& id(size_t image) const override { return images_[image].first; }
  bool in_pixels() const override { return false; }
  const std::string& crs() const override { return crs_; }

  std::vector<Building> read(size_t image, std::vector<std::string>& repaired) const override {
    std::vector<Building> buildings;
    for (const LayerBuilding& held : images_[image].second) {
      buildings.push_back(held.building);
      set_shape(buildings.back(), held.where, repaired);
    }
    return buildings;
  }

 private:
  void add(const std::string& path, std::map<std::string, std::vector<LayerBuilding>>& images) {
    ReadPolygons read = read_polygons(path);
    PPL_CHECK(crs_.empty() || crs_ == read.crs, path, ": another coordinate system than the files before");
    crs_ = read.crs;
    const std::string own = fs::path(path).stem().string();
    if (read.features.empty()) images[own];
    for (ReadPolygons::Feature& feature : read.features) {
      std::vector<LayerBuilding>& buildings = images[feature.image.empty() ? own : feature.image];
      if (feature.polygons.empty()) continue;
      LayerBuilding& next = buildings.emplace_back();
      next.where = cat(path, ": feature ", feature.id);
      next.building.id = std::move(feature.id);
      next.building.confidence = feature.confidence;
      next.building.polygons = std::move(feature.polygons);
    }
  }

  std::vector<std::pair<std::string, std::vector<LayerBuilding>>> images_;
  std::string crs_;
};

std::vector<std::string> building_files(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    const std::string name = entry.path().string();
    if (name.ends_with(".csv") || is_vector_file(name)) files.push_back(name);
  }
  std::sort(files.begin(), files.end());
  PPL_CHECK(!files.empty(), path, ": no .csv, .geojson or .gpkg file in this folder");
  return files;
}

}  // namespace

void set_shape(Building& building, const std::string& where, std::vector<std::string>& repaired) {
  building.shape = Shape(building.polygons);
  const std::string fault = building.shape.fault();
  if (fault.empty()) return;
  repaired.push_back(cat(where, ": ", fault));
  building.shape = building.shape.repaired();
}

std::unique_ptr<BuildingSource> read_building_layers(const std::vector<std::string>& paths) {
  return std::make_unique<BuildingLayers>(paths);
}

std::unique_ptr<BuildingSource> open_buildings(const std::string& path) {
  const std::vector<std::string> files = building_files(path);
  const auto layers = std::count_if(files.begin(), files.end(), is_vector_file);
  PPL_CHECK(layers == 0 || static_cast<size_t>(layers) == files.size(), path,
            ": tables (pixels) and layers (coordinates) do not mix in one folder");
  return layers > 0 ? read_building_layers(files) : open_building_tables(files);
}

}  // namespace ppl::score
