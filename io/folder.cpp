#include "io/folder.h"

#include <algorithm>
#include <filesystem>

#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string extension_of(const std::string& path) { return lower_case(fs::path(path).extension().string()); }

bool is_hidden(const std::string& path) { return fs::path(path).filename().string().starts_with("."); }

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
    const std::string file = entry.path().string(), extension = extension_of(file);
    const bool wanted = std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    if (wanted && !is_hidden(file)) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  std::string wanted;
  for (const std::string& extension : extensions) wanted += (wanted.empty() ? "" : ", ") + extension;
  PPL_CHECK(!files.empty(), path, ": ",
            expected.empty() ? "no file here ends in " + wanted : "expected " + expected + " in this folder, got none");
  return files;
}

}  // namespace ppl
