#include "tests/support/data_folder.h"

#include <cstdlib>
#include <filesystem>

namespace ppl::test {

std::string data_folder(const std::string& name) {
  const char* set = std::getenv("PPL_DATA");
  const std::filesystem::path path = std::filesystem::path(set ? set : PPL_DATA_DEFAULT) / name;
  return std::filesystem::is_directory(path) ? path.lexically_normal().string() : "";
}

}  // namespace ppl::test
