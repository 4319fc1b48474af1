#include "apps/common/output.h"

#include <unistd.h>

#include "kernels/base.h"

namespace ppl::apps {
namespace fs = std::filesystem;
namespace {

// "out/" and "out" are the same folder; without this the temporary name would lie inside it.
fs::path without_trailing_slash(const fs::path& folder) {
  const fs::path normal = fs::absolute(folder).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

void write_folder(const fs::path& folder, const std::function<void(const fs::path&)>& fill) {
  const fs::path target = without_trailing_slash(folder);
  if (fs::exists(target)) {
    PPL_CHECK(fs::is_directory(target), target.string(), ": expected a folder to fill, got a file");
    PPL_CHECK(fs::is_empty(target), target.string(), ": is not empty; name another folder or remove it");
  }
  fs::create_directories(target.parent_path());
  const fs::path temporary = target.parent_path() / cat(".", target.filename().string(), ".", getpid(), ".tmp");
  try {
    fs::create_directory(temporary);
    fill(temporary);
    fs::rename(temporary, target);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
}

}  // namespace ppl::apps
