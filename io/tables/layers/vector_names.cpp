#include <algorithm>
#include <array>
#include <string_view>

#include "io/folder.h"
#include "io/tables/layers/vector_file.h"

namespace ppl {

bool is_vector_file(const std::string& path) {
  static constexpr std::array<std::string_view, 4> kWritten{".geojson", ".json", ".gpkg", ".fgb"};
  return std::find(kWritten.begin(), kWritten.end(), extension_of(path)) != kWritten.end();
}

bool is_layer(const std::string& path) { return is_vector_file(path) || extension_of(path) == ".shp"; }

}  // namespace ppl
