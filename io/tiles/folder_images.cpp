#include "io/tiles/folder_images.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "io/file.h"
#include "io/folder.h"
#include "io/image/formats.h"

namespace fs = std::filesystem;

namespace ppl {
namespace {

std::string stem_of(const std::string& name) { return fs::path(name).stem().string(); }

// The stem without one of the ends of label rasters; empty where it has none.
std::string without_label(const std::string& stem) {
  for (const std::string end : {"_label", "_labels", "_gt", "_seg"}) {
    if (stem.ends_with(end) && stem != end) return stem.substr(0, stem.size() - end.size());
  }
  return {};
}

void set_labels_apart(FolderImages& found) {
  std::set<std::string> stems;
  for (const std::string& name : found.images) stems.insert(stem_of(name));
  const auto is_label = [&](const std::string& name) {
    const std::string id = without_label(stem_of(name));
    return !id.empty() && (stems.contains(id) || stems.contains(id + "_sat"));
  };
  const auto labels = std::stable_partition(found.images.begin(), found.images.end(),
                                            [&](const std::string& name) { return !is_label(name); });
  found.companions.insert(found.companions.end(), labels, found.images.end());
  found.images.erase(labels, found.images.end());
}

}  // namespace

bool is_companion(const std::string& path) {
  std::string stem = stem_of(path);
  while (!stem.empty() && stem.back() >= '0' && stem.back() <= '9') stem.pop_back();
  if (stem.ends_with("_prob")) return true;
  stem = stem_of(path);
  return stem.ends_with("_mask") || stem.ends_with("_distance");
}

std::string FolderImages::passed_over_text() const {
  std::string text;
  for (const auto& [extension, count] : passed_over) text += cat(text.empty() ? "" : ", ", count, " ", extension);
  return text;
}

std::string FolderImages::passed_over_note(const std::string& folder) const {
  return cat(folder, ": passed over, since images of these formats are not read: ", passed_over_text());
}

FolderImages images_of_folder(const std::string& folder) {
  FolderImages found;
  std::error_code error;
  fs::directory_iterator at(folder, error), end;
  for (; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (is_hidden(name) || at->is_directory(ignored)) continue;
    if (has_other_image_extension(name)) ++found.passed_over[extension_of(name)];
    if (!has_image_extension(name)) continue;
    if (is_companion(name))
      found.companions.push_back(name);
    else if (at->is_regular_file(ignored))
      found.images.push_back(name);
    else if (at->is_symlink(ignored))
      found.broken.push_back(name);
  }
  PPL_CHECK(!error, folder, ": cannot read the folder: ", error.message());
  set_labels_apart(found);
  for (auto* names : {&found.images, &found.companions, &found.broken}) std::sort(names->begin(), names->end());
  return found;
}

std::vector<ListLine> read_list_lines(const std::string& path) {
  std::string all = read_text(path);
  if (all.starts_with("\xef\xbb\xbf")) all.erase(0, 3);
  std::istringstream text(all);
  std::vector<ListLine> lines;
  size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    const size_t from = line.find_first_not_of(" \t\r"), to = line.find_last_not_of(" \t\r");
    if (from == std::string::npos || line[from] == '#') continue;
    lines.push_back({number, line.substr(from, to - from + 1)});
  }
  return lines;
}

}  // namespace ppl
