#include "io/tiles/mask_files.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;
namespace {

bool is_image(std::string extension) {
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  static const char* const known[] = {".png", ".tif", ".tiff", ".jpg", ".jpeg"};
  return std::find(std::begin(known), std::end(known), extension) != std::end(known);
}

}  // namespace

std::map<std::string, std::string> list_masks(const std::string& folder, const std::string& suffix) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  PPL_CHECK(!error, folder, ": cannot be read: ", error.message());
  std::map<std::string, std::string> masks;
  for (const fs::directory_entry& entry : entries) {
    const std::string stem = entry.path().stem().string();
    if (!is_image(entry.path().extension().string()) || !stem.ends_with(suffix) || stem == suffix) continue;
    const auto [other, fresh] = masks.emplace(stem.substr(0, stem.size() - suffix.size()), entry.path().string());
    PPL_CHECK(fresh, entry.path().string(), ": the same tile as ", other->second);
  }
  return masks;
}

}  // namespace ppl
