#include <algorithm>
#include <array>
#include <string_view>

#include "io/folder.h"
#include "io/tables/layers/vector_file.h"

namespace ppl {

const char* vector_files() {
  return "expected a name that ends with .geojson, .json, .geojsonl, .geojsons, .gpkg, .fgb, .shp, .gml, .kml, .sqlite "
         "or .osm";
}

bool is_layer(const std::string& path) {
  static constexpr std::array<std::string_view, 5> kRead{".geojson", ".json", ".gpkg", ".fgb", ".shp"};
  return std::find(kRead.begin(), kRead.end(), extension_of(path)) != kRead.end();
}

}  // namespace ppl
