#include "io/tiles/image_list.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "io/file.h"
#include "io/image/formats.h"

namespace fs = std::filesystem;

namespace ppl {
namespace {

// The path without extension and "_sat".
std::string id_of(const fs::path& path) {
  std::string id = (path.parent_path() / path.stem()).generic_string();
  if (id.ends_with("_sat")) id.resize(id.size() - 4);
  return id;
}

class Collector {
 public:
  Collector(std::string root, const ImageChoice& choice) : root_(std::move(root)), choice_(choice) {}

  void walk(const fs::path& below) {
    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::directory_iterator at(root_ / below, error), end; !error && at != end; at.increment(error)) {
      const fs::path path = below / at->path().filename();
      std::error_code ignored;
      if (at->is_directory(ignored)) {
        if (choice_.recursive && !path.filename().string().starts_with(".")) folders.push_back(path);
      } else if (has_image_extension(path.string()) && !path.stem().string().ends_with("_mask") &&
                 at->is_regular_file(ignored)) {
        add(path);
      }
    }
    if (error) {
      const std::string name = (root_ / below).string();
      PPL_CHECK(!below.empty(), name, ": cannot read the folder: ", error.message());
      list_.problems.push_back({below.generic_string(), cat(name, ": cannot read the folder: ", error.message())});
    }
    for (const fs::path& folder : folders) walk(folder);
  }

  ImageList take() {
    const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
    std::sort(list_.tiles.begin(), list_.tiles.end(), by_id);
    std::sort(list_.problems.begin(), list_.problems.end(), by_id);
    return std::move(list_);
  }

 private:
  void add(const fs::path& path) {
    if (!choice_.pattern.empty() && fnmatch(choice_.pattern.c_str(), path.generic_string().c_str(), 0) != 0) return;
    const std::string id = id_of(path), file = (root_ / path).string();
    const auto [it, fresh] = seen_.emplace(id, file);
    if (fresh)
      list_.tiles.push_back({id, file, "", "", 0, 0});
    else
      list_.problems.push_back({id, cat(file, ": has the same id as ", it->second)});
  }

  fs::path root_;
  const ImageChoice& choice_;
  std::map<std::string, std::string> seen_;
  ImageList list_;
};

ImageList read_list(const std::string& path) {
  ImageList list;
  std::map<std::string, size_t> seen;
  std::istringstream text(read_text(path));
  size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const fs::path file(line);
    const std::string id = id_of(file.filename());
    const auto [it, fresh] = seen.emplace(id, number);
    PPL_CHECK(fresh, path, ": line ", number, ": the id '", id, "' stands in line ", it->second, " too");
    list.tiles.push_back({id, (fs::path(path).parent_path() / file).string(), "", "", 0, 0});
  }
  return list;
}

}  // namespace

ImageList find_images(const std::string& from, const ImageChoice& choice) {
  ImageList list;
  if (fs::is_directory(from)) {
    Collector collector(from, choice);
    collector.walk({});
    list = collector.take();
  } else {
    list = read_list(from);
  }
  PPL_CHECK(!list.tiles.empty(), from, ": expected images (", image_extension_list(), "), found none");
  return list;
}

}  // namespace ppl
