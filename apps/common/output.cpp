#include "apps/common/output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "io/file.h"
#include "kernels/base.h"

namespace ppl::apps {
namespace fs = std::filesystem;
namespace {

// "out/" and "out" are the same folder; without this the temporary name would lie inside it.
fs::path without_trailing_slash(const fs::path& folder) {
  const fs::path normal = fs::absolute(folder).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

// A broken link is there too.
bool is_there(const std::string& path) {
  struct stat s;
  return lstat(path.c_str(), &s) == 0;
}

}  // namespace

SameFiles::SameFiles(const std::vector<std::string>& paths) {
  struct stat s;
  for (const std::string& path : paths)
    if (stat(path.c_str(), &s) == 0) files_.emplace(s.st_dev, s.st_ino);
}

bool SameFiles::contains(const std::string& path) const {
  struct stat s;
  return stat(path.c_str(), &s) == 0 && files_.contains({s.st_dev, s.st_ino});
}

bool check_outputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs, Existing existing) {
  const SameFiles read(inputs);
  for (const fs::path path : outputs)  // what killed processes left of them
    remove_abandoned(path.parent_path().empty() ? "." : path.parent_path().string(), path.filename().string() + ".");
  for (const std::string& path : outputs)
    PPL_CHECK(!read.contains(path), path, ": would be written over the input; name another output");
  if (existing == Existing::skip) return std::all_of(outputs.begin(), outputs.end(), is_there);
  for (const std::string& path : outputs)
    PPL_CHECK(existing == Existing::overwrite || !is_there(path), path,
              ": is there already; --existing overwrite replaces it, skip leaves it");
  return false;
}

std::vector<std::string> files_of_inputs(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) files.push_back(entry.path().string());
  }
  return files;
}

void ExtraOutputs::check(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) const {
  std::vector<std::string> named;
  for (const std::string& path : outputs) {
    if (path.empty()) continue;
    const auto same = [&](const std::string& other) {
      return fs::absolute(other).lexically_normal() == fs::absolute(path).lexically_normal();
    };
    PPL_CHECK(std::none_of(named.begin(), named.end(), same), path, ": is the name of two outputs");
    named.push_back(path);
  }
  check_outputs(named, files_of_inputs(inputs), existing_);
}

void ExtraOutputs::write(const std::string& path, const std::function<std::string()>& text) const {
  if (path.empty() || (existing_ == Existing::skip && is_there(path))) return;
  write_file(path, text());
}

void add_existing_option(CLI::App& app, Existing& existing, const std::string& what) {
  add_choice(app, "--existing", existing, kExisting, what + " that are there already: fail, skip or overwrite them");
}

void check_extension(const std::string& option, const std::string& path, const std::vector<std::string>& extensions,
                     const std::string& what) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) return;
  throw CLI::ValidationError(option,
                             fmt::format("{} is {}; its name ends in {}", path, what, fmt::join(extensions, " or ")));
}

void write_folder(const fs::path& folder, const std::function<void(const fs::path&)>& fill) {
  const fs::path target = without_trailing_slash(folder);
  if (fs::exists(target)) {
    PPL_CHECK(fs::is_directory(target), target.string(), ": expected a folder to fill, got a file");
    PPL_CHECK(fs::is_empty(target), target.string(), ": is not empty; name another folder or remove it");
  }
  fs::create_directories(target.parent_path());
  std::string temporary = (target.parent_path() / cat(".", target.filename().string(), ".XXXXXX")).string();
  PPL_CHECK(mkdtemp(temporary.data()), target.string(), ": cannot make a folder: ", std::strerror(errno));
  try {
    const mode_t mask = umask(0);
    umask(mask);
    fs::permissions(temporary, static_cast<fs::perms>(0777 & ~mask));
    fill(temporary);
    fs::rename(temporary, target);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
}

}  // namespace ppl::apps
