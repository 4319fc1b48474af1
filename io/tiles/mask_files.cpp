#include "io/tiles/mask_files.h"

#include <filesystem>

#include "io/folder.h"
#include "io/image/formats.h"
#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;
std::map<std::string, std::string> list_masks(const std::string& folder, const std::string& suffix) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  PPL_CHECK(!error, folder, ": cannot be read: ", error.message());
  std::map<std::string, std::string> masks;
  for (const fs::directory_entry& entry : entries) {
    const std::string stem = entry.path().stem().string();
    if (is_hidden(entry.path().string()) || !has_image_extension(entry.path().string())) continue;
    if (!stem.ends_with(suffix) || stem == suffix) continue;
    const auto [other, fresh] = masks.emplace(stem.substr(0, stem.size() - suffix.size()), entry.path().string());
    PPL_CHECK(fresh, entry.path().string(), ": the same tile as ", other->second);
  }
  return masks;
}

}  // namespace ppl
