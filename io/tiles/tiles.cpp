#include "io/tiles/tiles.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <ranges>
#include <sstream>

#include "io/file.h"
#include "io/image/formats.h"

namespace fs = std::filesystem;

namespace ppl {
namespace {

// Paths of the images of a folder, sorted by name.
std::vector<fs::path> images_of(const std::string& folder) {
  std::vector<fs::path> out;
  try {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (has_image_extension(entry.path().string()) && entry.is_regular_file()) out.push_back(entry.path());
    }
  } catch (const fs::filesystem_error& e) {
    throw Error(cat(folder, ": cannot read the folder: ", e.code().message()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string id_of(const fs::path& image) {
  const std::string stem = image.stem().string();
  return stem.ends_with("_sat") ? stem.substr(0, stem.size() - 4) : stem;
}

// <folder>/<id><suffix>.{png,tif,tiff}
std::string companion(const fs::path& folder, const std::string& id, const std::string& suffix, const char* what) {
  for (const char* extension : {".png", ".tif", ".tiff"}) {
    const fs::path path = folder / (id + suffix + extension);
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return path.string();
  }
  throw Error(cat((folder / (id + suffix + ".png")).string(), ": the ", what, " is missing"));
}

void check_size(const ImageHeader& image, const std::string& path, const char* what) {
  const ImageHeader h = read_image_header(path);
  PPL_CHECK(h.width == image.width && h.height == image.height, path, ": the ", what, " is ", h.width, " x ", h.height,
            " pixels, its image ", image.width, " x ", image.height);
}

// Fills in the size; Error where the files do not fit.
void check_pair(TileFile& t) {
  const ImageHeader image = read_image_header(t.image_path);
  check_size(image, t.mask_path, "mask");
  if (!t.weight_path.empty()) check_size(image, t.weight_path, "map of weights");
  t.height = image.height;
  t.width = image.width;
}

std::vector<std::string> fields_of(const std::string& line) {
  const char separator = line.find('\t') != std::string::npos ? '\t' : ',';
  std::vector<std::string> fields;
  std::istringstream text(line);
  for (std::string field; std::getline(text, field, separator);) {
    const size_t from = field.find_first_not_of(' '), to = field.find_last_not_of(" \r");
    fields.push_back(from == std::string::npos || to == std::string::npos ? "" : field.substr(from, to - from + 1));
  }
  return fields;
}

// Looks at every tile; what cannot be used becomes a problem.
template <class Tiles, class Complete>
void check_all(Tiles&& tiles, TileFolder& out, Complete&& complete) {
  for (TileFile& tile : tiles) {
    try {
      complete(tile);
      check_pair(tile);
      out.tiles.push_back(std::move(tile));
    } catch (const Error& e) {
      out.problems.push_back({tile.id, e.what()});
    }
  }
}

}  // namespace

std::vector<TileFile> list_images(const std::string& folder) {
  std::map<std::string, TileFile> by_id;
  for (const fs::path& p : images_of(folder)) {
    if (p.stem().string().ends_with("_mask")) continue;
    const std::string id = id_of(p);
    const auto [it, fresh] = by_id.try_emplace(id, TileFile{id, p.string(), "", "", 0, 0});
    PPL_CHECK(fresh, p.string(), ": has the same id as ", it->second.image_path);
  }
  PPL_CHECK(!by_id.empty(), folder, ": expected images (", image_extension_list(), "), found none");
  std::vector<TileFile> out;
  for (auto& [id, tile] : by_id) out.push_back(std::move(tile));
  return out;
}

TileFolder scan_tiles(const std::string& folder, const std::string& masks, bool weights) {
  std::map<std::string, TileFile> by_id;
  TileFolder out;
  for (const fs::path& p : images_of(folder)) {
    const std::string stem = p.stem().string();
    if (masks.empty() ? !stem.ends_with("_sat") : stem.ends_with("_mask") || stem.ends_with("_distance")) continue;
    const std::string id = id_of(p);
    const auto [it, fresh] = by_id.try_emplace(id, TileFile{id, p.string(), "", "", 0, 0});
    if (!fresh) out.problems.push_back({id, cat(p.string(), ": has the same id as ", it->second.image_path)});
  }
  PPL_CHECK(!by_id.empty(), folder, ": expected ", masks.empty() ? "images <id>_sat with masks <id>_mask" : "images",
            ", found none");
  check_all(std::views::values(by_id), out, [&](TileFile& t) {
    const fs::path beside = masks.empty() ? fs::path(t.image_path).parent_path() : fs::path(masks);
    t.mask_path = companion(beside, t.id, "_mask", "mask");
    if (weights) t.weight_path = companion(beside, t.id, "_distance", "map of weights");
  });
  return out;
}

TileFolder scan_list(const std::string& path, bool weights) {
  const fs::path folder = fs::path(path).parent_path();
  std::istringstream text(read_text(path));
  std::vector<TileFile> listed;
  int64_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos || line[0] == '#') continue;
    const std::vector<std::string> fields = fields_of(line);
    const bool good =
        fields.size() >= (weights ? 3 : 2) && fields.size() <= 3 && !fields[0].empty() && !fields[1].empty();
    PPL_CHECK(good, path, ", line ", number, ": expected the paths of an image and its mask",
              weights ? " and its map of weights" : "", ", separated by tabs or commas");
    listed.push_back(
        {id_of(fields[0]), folder / fields[0], folder / fields[1], weights ? folder / fields[2] : "", 0, 0});
  }
  PPL_CHECK(!listed.empty(), path, ": lists no tile");
  TileFolder out;
  check_all(listed, out, [](TileFile&) {});
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
