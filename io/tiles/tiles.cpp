#include "io/tiles/tiles.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "io/file.h"
#include "io/image/formats.h"
#include "io/tiles/folder_images.h"

namespace fs = std::filesystem;

namespace ppl {
namespace {

std::string id_of(const fs::path& image) {
  const std::string stem = image.stem().string();
  return stem.ends_with("_sat") ? stem.substr(0, stem.size() - 4) : stem;
}

// The images of a folder by their stems, whatever the case of their extensions.
class FolderStems {
 public:
  explicit FolderStems(const std::string& folder) : folder_(folder) {
    const FolderImages found = images_of_folder(folder);
    for (const auto* names : {&found.companions, &found.images})
      for (const std::string& name : *names) by_stem_[fs::path(name).stem().string()].push_back(name);
  }

  // The file of the first of the stems that is there. Error where none is, or where two files have it.
  std::string find(const std::vector<std::string>& stems, const char* what) const {
    for (const std::string& stem : stems) {
      const auto found = by_stem_.find(stem);
      if (found == by_stem_.end()) continue;
      const std::vector<std::string>& names = found->second;
      PPL_CHECK(names.size() == 1, folder_, ": ", names[0], " and ", names[names.size() - 1], " are both the ", what);
      return (fs::path(folder_) / names[0]).string();
    }
    throw Error(
        cat((fs::path(folder_) / stems[0]).string(), ".{", image_extension_list(), "}: the ", what, " is missing"));
  }

 private:
  std::string folder_;
  std::map<std::string, std::vector<std::string>> by_stem_;
};

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
    const size_t from = field.find_first_not_of(' '), to = field.find_last_not_of(' ');
    fields.push_back(from == std::string::npos ? "" : field.substr(from, to - from + 1));
  }
  return fields;
}

// Looks at every tile; what cannot be used becomes a problem.
template <class Complete>
void check_all(std::vector<TileFile> tiles, TileFolder& out, Complete&& complete) {
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

std::vector<TileFile> values_of(std::map<std::string, TileFile> by_id) {
  std::vector<TileFile> tiles;
  for (auto& [id, tile] : by_id) tiles.push_back(std::move(tile));
  return tiles;
}

[[noreturn]] void none_found(const std::string& folder, const char* expected, const FolderImages& found) {
  const std::string others = found.passed_over_text();
  throw Error(cat(folder, ": expected ", expected, " (", image_extension_list(), "), found none",
                  others.empty() ? "" : ", but images of other formats: " + others));
}

// Images and labels in two folders below: what annotators and platforms export. Empty where it is not that.
std::string labels_beside_images(const std::string& folder) {
  std::error_code ignored;
  if (!fs::is_directory(fs::path(folder) / "images", ignored)) return {};
  std::vector<std::string> there;
  for (const char* name : {"labels", "masks", "label", "mask", "gt", "annotations"}) {
    if (fs::is_directory(fs::path(folder) / name, ignored)) there.push_back((fs::path(folder) / name).string());
  }
  PPL_CHECK(there.size() < 2, folder, ": ", there[0], " and ", there[there.size() - 1],
            " lie beside images; \"masks\" of the source says which are the masks");
  return there.empty() ? "" : there[0];
}

}  // namespace

std::vector<TileFile> list_images(const std::string& folder, std::vector<std::string>* notes) {
  const FolderImages found = images_of_folder(folder);
  std::map<std::string, TileFile> by_id;
  for (const std::string& name : found.images) {
    const std::string path = (fs::path(folder) / name).string(), id = id_of(name);
    const auto [it, fresh] = by_id.try_emplace(id, TileFile{id, path, "", "", 0, 0});
    PPL_CHECK(fresh, path, ": has the same id as ", it->second.image_path);
  }
  if (by_id.empty()) none_found(folder, "images", found);
  for (const std::string& name : found.broken) {
    if (notes) notes->push_back((fs::path(folder) / name).string() + ": passed over: a link to nothing");
  }
  if (notes && !found.passed_over.empty()) notes->push_back(found.passed_over_note(folder));
  return values_of(std::move(by_id));
}

TileFolder scan_tiles(const std::string& folder, const std::string& masks, bool weights) {
  const FolderImages found = images_of_folder(folder);
  if (const std::string labels = masks.empty() ? labels_beside_images(folder) : "";
      !labels.empty() && found.images.empty())
    return scan_tiles((fs::path(folder) / "images").string(), labels, weights);
  std::map<std::string, TileFile> by_id;
  TileFolder out;
  for (const std::string& name : found.broken)
    out.problems.push_back({id_of(name), (fs::path(folder) / name).string() + ": is a link to nothing"});
  for (const std::string& name : found.images) {
    if (masks.empty() && !fs::path(name).stem().string().ends_with("_sat")) continue;
    const std::string path = (fs::path(folder) / name).string(), id = id_of(name);
    const auto [it, fresh] = by_id.try_emplace(id, TileFile{id, path, "", "", 0, 0});
    if (!fresh) out.problems.push_back({id, cat(path, ": has the same id as ", it->second.image_path)});
  }
  if (by_id.empty() && out.problems.empty())
    none_found(folder, masks.empty() ? "images <id>_sat with masks <id>_mask" : "images", found);
  if (!found.passed_over.empty()) out.notes.push_back(found.passed_over_note(folder));
  const FolderStems beside(masks.empty() ? folder : masks);
  check_all(values_of(std::move(by_id)), out, [&](TileFile& t) {
    const std::string stem = fs::path(t.image_path).stem().string();
    std::vector<std::string> names{t.id + "_mask", stem + "_mask"};
    if (!masks.empty()) names.insert(names.end(), {stem, t.id, t.id + "_label", t.id + "_labels", t.id + "_gt"});
    t.mask_path = beside.find(names, "mask");
    if (weights) t.weight_path = beside.find({t.id + "_distance"}, "map of weights");
  });
  return out;
}

TileFolder scan_list(const std::string& path, bool weights) {
  const fs::path folder = fs::path(path).parent_path();
  std::vector<TileFile> listed;
  for (const ListLine& line : read_list_lines(path)) {
    const std::vector<std::string> fields = fields_of(line.text);
    const bool good =
        fields.size() >= (weights ? 3 : 2) && fields.size() <= 3 && !fields[0].empty() && !fields[1].empty();
    PPL_CHECK(good, path, ", line ", line.number, ": expected the paths of an image and its mask",
              weights ? " and its map of weights" : "", ", separated by tabs or commas");
    listed.push_back(
        {id_of(fields[0]), folder / fields[0], folder / fields[1], weights ? folder / fields[2] : "", 0, 0});
  }
  PPL_CHECK(!listed.empty(), path, ": lists no tile");
  TileFolder out;
  check_all(std::move(listed), out, [](TileFile&) {});
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
