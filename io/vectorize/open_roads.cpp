#include "io/vectorize/open_roads.h"

#include <algorithm>

#include "io/folder.h"
#include "io/tables/layers/vector_file.h"
#include "io/tables/road_tables.h"
#include "io/vectorize/mask_roads.h"
#include "kernels/base.h"

namespace ppl {

FoundRoads find_roads(const std::string& path) {
  if (has_masks(path)) return {RoadFiles::masks, {}};
  const std::vector<std::string> extensions{".csv", ".geojson", ".json", ".gpkg", ".fgb", ".shp"};
  std::vector<std::string> files = list_files(
      path, extensions, "road tables (.csv), road layers (.geojson, .json, .gpkg, .fgb, .shp) or masks (<id>_mask.*)");
  const auto layers = std::count_if(files.begin(), files.end(), is_layer);
  PPL_CHECK(layers == 0 || static_cast<size_t>(layers) == files.size(), path,
            ": expected road tables or road layers, got both (", files.size() - static_cast<size_t>(layers), " and ",
            layers, ")");
  return {layers > 0 ? RoadFiles::layers : RoadFiles::tables, std::move(files)};
}

std::unique_ptr<RoadSource> open_roads(const std::string& path, const RoadLayerOptions& options) {
  const FoundRoads found = find_roads(path);
  if (found.kind == RoadFiles::masks) return open_mask_roads(path);
  return found.kind == RoadFiles::tables ? open_road_tables(found.files) : read_road_layers(found.files, options);
}

}  // namespace ppl
