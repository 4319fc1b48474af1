#include "io/tables/layers/project_roads.h"
#include "io/tables/layers/road_layers.h"
#include "kernels/base.h"

namespace ppl {

std::unique_ptr<RoadSource> read_road_layers(const std::vector<std::string>& paths, const RoadLayerOptions&) {
  throw Error(
      cat(paths.empty() ? "layers of roads" : paths.front(), ": this build lacks GDAL, which reads road layers"));
}

std::optional<GeoReference> common_ground(const std::vector<std::string>&, double) { return {}; }

std::unique_ptr<RoadSource> project_roads(std::unique_ptr<RoadSource>, const GeoReference&, double) {
  throw Error("this build lacks GDAL, which measures on the earth");
}

}  // namespace ppl
