// Roads from a path, whatever kind of file it is.
#pragma once

#include <memory>
#include <string>

#include "io/tables/road_layers.h"
#include "io/tables/roads.h"

namespace ppl {

// A SpaceNet table (.csv), a road layer (.geojson, .json, .gpkg, .shp), a folder of either (not of both: Error), or a
// mask or a folder of <id>_mask images, which are vectorized.
std::unique_ptr<RoadSource> open_roads(const std::string& path, const RoadLayerOptions& layers = {});

}  // namespace ppl
