#include "io/tables/roads.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;

std::string RoadSource::describe(const RowPlace& place) const { return cat(file(place.file), ":", place.row); }

std::string extension_of(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

std::vector<std::string> list_files(const std::string& path, const std::vector<std::string>& extensions,
                                    const std::string& expected) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    PPL_CHECK(fs::exists(path, error), path, ": no such file or folder");
    return {path};
  }
  std::vector<std::string> files;
  fs::directory_iterator entries(path, error);
  PPL_CHECK(!error, path, ": cannot be read: ", error.message());
  for (const fs::directory_entry& entry : entries) {
    const std::string extension = extension_of(entry.path().string());
    if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end())
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::string wanted;
  for (const std::string& extension : extensions) wanted += (wanted.empty() ? "" : ", ") + extension;
  PPL_CHECK(!files.empty(), path, ": ",
            expected.empty() ? "no file here ends in " + wanted : "expected " + expected + " in this folder, got none");
  return files;
}

}  // namespace ppl
