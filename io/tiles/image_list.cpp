#include "io/tiles/image_list.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "io/folder.h"
#include "io/image/formats.h"
#include "io/tiles/folder_images.h"

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
    const std::string name = (root_ / below).string();
    try {
      const FolderImages found = images_of_folder(name);
      for (const std::string& image : found.images) add(below / image);
      for (const std::string& link : found.broken) {
        if (wanted(below / link))
          list_.problems.push_back({id_of(below / link), (root_ / below / link).string() + ": is a link to nothing"});
      }
      for (const auto& [extension, count] : found.passed_over) passed_over_.passed_over[extension] += count;
    } catch (const Error& e) {
      if (below.empty()) throw;
      list_.problems.push_back({below.generic_string(), e.what()});
    }
    if (!choice_.recursive) return;
    std::error_code error, ignored;
    std::vector<fs::path> folders;
    for (fs::directory_iterator at(name, error), end; !error && at != end; at.increment(error)) {
      if (at->is_directory(ignored) && !is_hidden(at->path().string()))
        folders.push_back(below / at->path().filename());
    }
    for (const fs::path& folder : folders) walk(folder);
  }

  ImageList take() {
    const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
    std::sort(list_.tiles.begin(), list_.tiles.end(), by_id);
    std::sort(list_.problems.begin(), list_.problems.end(), by_id);
    if (!passed_over_.passed_over.empty()) list_.notes.push_back(passed_over_.passed_over_note(root_.string()));
    return std::move(list_);
  }

 private:
  void add(const fs::path& path) {
    if (!wanted(path)) return;
    const std::string id = id_of(path), file = (root_ / path).string();
    const auto [it, fresh] = seen_.emplace(id, file);
    if (fresh)
      list_.tiles.push_back({id, file, "", "", 0, 0});
    else
      list_.problems.push_back({id, cat(file, ": has the same id as ", it->second)});
  }

  bool wanted(const fs::path& path) const {
    return choice_.pattern.empty() || fnmatch(choice_.pattern.c_str(), path.generic_string().c_str(), 0) == 0;
  }

  FolderImages passed_over_;  // only what it counts
  fs::path root_;
  const ImageChoice& choice_;
  std::map<std::string, std::string> seen_;
  ImageList list_;
};

ImageList read_list(const std::string& path) {
  PPL_CHECK(!has_image_extension(path), path, ": is one image; expected a folder of images, or a text file of paths");
  ImageList list;
  std::map<std::string, size_t> seen;
  for (const ListLine& line : read_list_lines(path)) {
    const fs::path file(line.text);
    const std::string id = id_of(file.filename());
    const auto [it, fresh] = seen.emplace(id, line.number);
    PPL_CHECK(fresh, path, ": line ", line.number, ": the id '", id, "' stands in line ", it->second, " too");
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
  std::string others;
  for (const std::string& note : list.notes) others += "; " + note;
  if (!list.problems.empty()) others += "; " + list.problems[0].what;
  PPL_CHECK(!list.tiles.empty(), from, ": expected images (", image_extension_list(), "), found none", others);
  return list;
}

}  // namespace ppl
