// A new empty folder that is removed with the object.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>

#include "kernels/base.h"

namespace ppl {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    path = (std::filesystem::temp_directory_path() / "ppl-XXXXXX").string();
    PPL_CHECK(mkdtemp(path.data()), "cannot make a folder ", path);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path + "/" + name; }
  // How many files and folders lie in it, without those below.
  size_t files() const {
    using Entries = std::filesystem::directory_iterator;
    return static_cast<size_t>(std::distance(Entries(path), Entries()));
  }
  std::string path;
};

}  // namespace ppl
