#include <algorithm>
#include <filesystem>

#include "io/folder.h"
#include "io/tables/layers/road_layers.h"

namespace ppl {

std::string image_beside(const std::string& layer) {
  for (const char* extension : {".tif", ".tiff", ".TIF"}) {
    const auto path = std::filesystem::path(layer).replace_extension(extension);
    if (std::filesystem::is_regular_file(path)) return path.string();
  }
  return {};
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

std::optional<GeoReference> HeldRoads::place(size_t image) const {
  const auto known = places_.find(images_[image].first);
  return known == places_.end() ? std::nullopt : std::optional(known->second);
}

void HeldRoads::sort() {
  std::sort(images_.begin(), images_.end(), [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
  number_.clear();
}

}  // namespace ppl
