#include "io/vectorize/mask_roads.h"

#include <algorithm>
#include <filesystem>

#include "io/image/formats.h"
#include "io/maps/ground_pixel.h"
#include "io/places/scene_mosaic.h"
#include "io/tiles/mask_files.h"
#include "io/vectorize/raster.h"

namespace ppl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = "_mask";

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
    const auto number = static_cast<uint32_t>(image);
    ImageRoads roads;
    BitImage mask = read_foreground(paths_[image], {});
    const auto pixel = pixel_of(place(image), mask.height(), mask.width(), {});
    const RoadOptions options = settings_.at(pixel ? std::optional(pixel->mean()) : std::nullopt);
    for (Line& line : roads_from_mask(std::move(mask), options)) {
      roads.lines.push_back({std::move(line), {number, roads.lines.size() + 1}});
    }
    if (roads.lines.empty()) roads.lines.push_back({{}, {number, 1}});
    return roads;
  }

 private:
  RoadSettings settings_;
  bool one_file_;
  std::vector<std::string> ids_, paths_;
  std::vector<BadRow> stray_;
};

}  // namespace

bool has_masks(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? !list_masks(path, kSuffix).empty() : has_image_extension(path);
}

std::unique_ptr<RoadSource> open_mask_roads(const std::string& path, const RoadSettings& settings) {
  if (fs::is_directory(path)) return std::make_unique<MaskRoads>(list_masks(path, kSuffix), settings, false);
  std::string id = fs::path(path).stem().string();
  if (id.ends_with(kSuffix)) id.resize(id.size() - std::string(kSuffix).size());
  return std::make_unique<MaskRoads>(std::map<std::string, std::string>{{id, path}}, settings, true);
}

}  // namespace ppl
