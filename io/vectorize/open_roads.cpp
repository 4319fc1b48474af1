#include "io/vectorize/open_roads.h"

#include <algorithm>

#include "io/folder.h"
#include "io/tables/spacenet_csv.h"
#include "io/vectorize/mask_roads.h"
#include "kernels/base.h"

namespace ppl {

std::unique_ptr<RoadSource> open_roads(const std::string& path, const RoadLayerOptions& options) {
  if (has_masks(path)) return open_mask_roads(path);
  const std::vector<std::string> extensions{".csv", ".geojson", ".json", ".gpkg", ".fgb", ".shp"};
  const std::vector<std::string> files = list_files(
      path, extensions, "road tables (.csv), road layers (.geojson, .json, .gpkg, .fgb, .shp) or masks (<id>_mask.*)");
  const auto layers = std::count_if(files.begin(), files.end(), is_road_layer);
  if (layers == 0) return open_spacenet_roads(files);
  PPL_CHECK(static_cast<size_t>(layers) == files.size(), path, ": expected road tables or road layers, got both (",
            files.size() - static_cast<size_t>(layers), " and ", layers, ")");
  return read_road_layers(files, options);
}

}  // namespace ppl
