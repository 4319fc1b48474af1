#include "io/tiles.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace fs = std::filesystem;

namespace ppl {
namespace {

bool ends_with(const std::string& s, const std::string& end) {
  return s.size() >= end.size() && s.compare(s.size() - end.size(), end.size(), end) == 0;
}

std::string lower(std::string s) {
  for (char& c : s) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return s;
}

bool is_picture(const fs::path& path) {
  const std::string e = lower(path.extension().string());
  return e == ".jpg" || e == ".jpeg" || e == ".png" || e == ".tif" || e == ".tiff";
}

// Paths of the pictures of a folder, sorted by name.
std::vector<fs::path> pictures_of(const std::string& folder) {
  std::vector<fs::path> out;
  try {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (is_picture(entry.path()) && entry.is_regular_file()) out.push_back(entry.path());
    }
  } catch (const fs::filesystem_error& e) {
    throw Error(cat(folder, ": cannot read the folder: ", e.code().message()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string id_of(const fs::path& picture) {
  const std::string stem = picture.stem().string();
  return ends_with(stem, "_sat") ? stem.substr(0, stem.size() - 4) : stem;
}

std::string mask_beside(const fs::path& picture, const std::string& id) {
  for (const char* extension : {".png", ".tif", ".tiff"}) {
    const fs::path mask = picture.parent_path() / (id + "_mask" + extension);
    std::error_code ignored;
    if (fs::is_regular_file(mask, ignored)) return mask.string();
  }
  throw Error(cat((picture.parent_path() / (id + "_mask.png")).string(), ": the mask is missing"));
}

// Fills in mask and size; Error where the pair does not fit.
void check_pair(TileFile& t) {
  const ImageHeader image = read_image_header(t.image_path);
  t.mask_path = mask_beside(t.image_path, t.id);
  const ImageHeader mask = read_image_header(t.mask_path);
  PPL_CHECK(mask.width == image.width && mask.height == image.height, t.mask_path, ": the mask is ", mask.width, " x ",
            mask.height, " pixels, its picture ", image.width, " x ", image.height);
  t.height = image.height;
  t.width = image.width;
}

}  // namespace

std::vector<TileFile> list_images(const std::string& folder) {
  std::map<std::string, TileFile> by_id;
  for (const fs::path& p : pictures_of(folder)) {
    if (ends_with(p.stem().string(), "_mask")) continue;
    const std::string id = id_of(p);
    const auto [it, fresh] = by_id.try_emplace(id, TileFile{id, p.string(), "", 0, 0});
    PPL_CHECK(fresh, p.string(), ": has the same id as ", it->second.image_path);
  }
  PPL_CHECK(!by_id.empty(), folder, ": expected pictures (jpg, jpeg, png, tif, tiff), found none");
  std::vector<TileFile> out;
  for (auto& [id, tile] : by_id) out.push_back(std::move(tile));
  return out;
}

TileFolder scan_tiles(const std::string& folder) {
  std::map<std::string, TileFile> by_id;
  TileFolder out;
  for (const fs::path& p : pictures_of(folder)) {
    if (!ends_with(p.stem().string(), "_sat")) continue;
    const std::string id = id_of(p);
    const auto [it, fresh] = by_id.try_emplace(id, TileFile{id, p.string(), "", 0, 0});
    if (!fresh) out.problems.push_back({id, cat(p.string(), ": has the same id as ", it->second.image_path)});
  }
  PPL_CHECK(!by_id.empty(), folder, ": expected <id>_sat.{jpg,jpeg,png,tif,tiff} with <id>_mask.png, found none");
  for (auto& [id, tile] : by_id) {
    try {
      check_pair(tile);
      out.tiles.push_back(std::move(tile));
    } catch (const Error& e) {
      out.problems.push_back({id, e.what()});
    }
  }
  return out;
}

void report_problems(const std::vector<TileProblem>& problems, size_t of, OnProblem policy, const std::string& where) {
  const bool none_left = problems.size() >= of;
  if (!none_left && (problems.empty() || policy == OnProblem::skip)) return;
  std::string text = cat(where, ": ", problems.size(), " of ", of, " tiles cannot be used");
  constexpr size_t kNamed = 5;
  for (size_t i = 0; i < std::min(kNamed, problems.size()); ++i) text += "\n  " + problems[i].what;
  if (problems.size() > kNamed) text += cat("\n  and ", problems.size() - kNamed, " more");
  throw Error(text);
}

}  // namespace ppl
