#include "io/vectorize/mask_roads.h"

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "io/image/formats.h"
#include "io/image/mask_reader.h"
#include "io/maps/ground_pixel.h"
#include "io/places/scene_mosaic.h"
#include "io/tiles/mask_files.h"
#include "io/vectorize/raster.h"

namespace ppl {
namespace {

namespace fs = std::filesystem;

ImageRoads roads_of_mask(BitImage mask, const std::optional<GeoReference>& place, uint32_t number,
                         const RoadSettings& settings) {
  ImageRoads roads;
  const auto pixel = pixel_of(place, mask.height(), mask.width(), {});
  const RoadOptions options = settings.at(pixel ? std::optional(pixel->mean()) : std::nullopt);
  for (Line& line : roads_from_mask(std::move(mask), options))
    roads.lines.push_back({std::move(line), {number, roads.lines.size() + 1}});
  if (roads.lines.empty()) roads.lines.push_back({{}, {number, 1}});
  return roads;
}

class MaskRoads : public RoadSource {
 public:
  MaskRoads(const std::map<std::string, std::string>& masks, const RoadSettings& settings, bool one_file)
      : settings_(settings), one_file_(one_file) {
    for (const auto& [id, path] : masks) ids_.push_back(id);
    std::sort(ids_.begin(), ids_.end(), utf16_less);
    for (const std::string& id : ids_) paths_.push_back(masks.at(id));
  }

  size_t size() const override { return ids_.size(); }
  std::string_view id(size_t image) const override { return ids_[image]; }
  const std::vector<BadRow>& stray_rows() const override { return stray_; }
  const std::string& file(uint32_t number) const override { return paths_[number]; }
  std::optional<GeoReference> place(size_t image) const override { return place_of_image(paths_[image]); }
  bool is_unnamed() const override { return one_file_; }

  ImageRoads read(size_t image) const override {
    return roads_of_mask(read_foreground(paths_[image], {}), place(image), static_cast<uint32_t>(image), settings_);
  }

 private:
  RoadSettings settings_;
  bool one_file_;
  std::vector<std::string> ids_, paths_;
  std::vector<BadRow> stray_;
};

class SceneRoads : public RoadSource {
 public:
  SceneRoads(const std::string& path, const SceneTiles& found, const RoadSettings& settings)
      : settings_(settings), path_(path), mask_(path, {}), tiles_(found.tiles), geo_(*place_of_image(path)) {
    std::sort(tiles_.begin(), tiles_.end(),
              [](const SceneTile& a, const SceneTile& b) { return utf16_less(a.id, b.id); });
  }

  size_t size() const override { return tiles_.size(); }
  std::string_view id(size_t image) const override { return tiles_[image].id; }
  const std::vector<BadRow>& stray_rows() const override { return stray_; }
  const std::string& file(uint32_t) const override { return path_; }
  std::optional<GeoReference> place(size_t image) const override {
    GeoReference geo = geo_;
    const auto& t = geo_.transform;
    const auto row = static_cast<double>(tiles_[image].part.row);
    const auto column = static_cast<double>(tiles_[image].part.column);
    geo.transform[0] += column * t[1] + row * t[2];
    geo.transform[3] += column * t[4] + row * t[5];
    return geo;
  }

  ImageRoads read(size_t image) const override {
    const ImagePart& part = tiles_[image].part;
    std::vector<uint8_t> flags;
    {
      const std::lock_guard lock(mutex_);
      flags = mask_.read(part);
    }
    for (uint8_t& value : flags) value = value == 1;
    return roads_of_mask(BitImage::from_bytes(flags.data(), part.height, part.width), place(image),
                         static_cast<uint32_t>(image), settings_);
  }

 private:
  RoadSettings settings_;
  std::string path_;
  const MaskReader mask_;
  mutable std::mutex mutex_;  // of mask_
  std::vector<SceneTile> tiles_;
  GeoReference geo_;
  std::vector<BadRow> stray_;
};

}  // namespace

std::unique_ptr<RoadSource> open_scene_roads(const std::string& scene, const SceneTiles& tiles,
                                             const RoadSettings& settings) {
  return std::make_unique<SceneRoads>(scene, tiles, settings);
}

bool has_masks(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? !list_masks(path, kMaskSuffix).empty() : has_image_extension(path);
}

std::unique_ptr<RoadSource> open_mask_roads(const std::string& path, const RoadSettings& settings) {
  if (fs::is_directory(path)) return std::make_unique<MaskRoads>(list_masks(path, kMaskSuffix), settings, false);
  std::string id = fs::path(path).stem().string();
  if (id.ends_with(kMaskSuffix)) id.resize(id.size() - std::string(kMaskSuffix).size());
  return std::make_unique<MaskRoads>(std::map<std::string, std::string>{{id, path}}, settings, true);
}

}  // namespace ppl
