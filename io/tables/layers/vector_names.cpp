#include <algorithm>
#include <array>
#include <string_view>

#include "io/folder.h"
#include "io/tables/layers/vector_file.h"

namespace ppl {

const char* vector_files() {
  return "expected a name that ends with .geojson, .json, .geojsonl, .gpkg, .fgb, .osm, or as another vector file does "
         "that GDAL writes";
}

bool is_layer(const std::string& path) {
  static constexpr std::array<std::string_view, 5> kRead{".geojson", ".json", ".gpkg", ".fgb", ".shp"};
  return std::find(kRead.begin(), kRead.end(), extension_of(path)) != kRead.end();
}

}  // namespace ppl
