#include <algorithm>
#include <filesystem>
#include <regex>

#include "io/folder.h"
#include "io/tables/road_layers.h"

namespace ppl {

bool is_road_layer(const std::string& path) {
  const std::string extension = extension_of(path);
  return extension == ".geojson" || extension == ".json" || extension == ".gpkg" || extension == ".fgb" ||
         extension == ".shp";
}

std::string image_id_of(const std::string& path) {
  const std::string stem = std::filesystem::path(path).stem().string();
  static const std::regex spacenet("(AOI_[0-9]+_[A-Za-z]+)(_.*)?_(img[0-9]+)");
  std::smatch parts;
  if (stem.size() < 256 && std::regex_search(stem, parts, spacenet)) return parts.str(1) + "_" + parts.str(3);
  return stem;
}

uint32_t HeldRoads::add_file(const std::string& path) {
  files_.push_back(path);
  return static_cast<uint32_t>(files_.size() - 1);
}

ImageRoads& HeldRoads::image(const std::string& id) {
  const auto [known, fresh] = number_.try_emplace(id, images_.size());
  if (fresh) images_.emplace_back(id, ImageRoads{});
  return images_[known->second].second;
}

void HeldRoads::sort() {
  std::sort(images_.begin(), images_.end(), [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
  number_.clear();
}

}  // namespace ppl
