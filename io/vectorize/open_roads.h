// Roads from a path, whatever kind of file it is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/tables/layers/road_layers.h"
#include "io/tables/roads.h"

namespace ppl {

enum class RoadFiles { tables, layers, masks };

// What a path holds: SpaceNet's tables (.csv), layers (see is_layer) or masks (an image, or a folder of <id>_mask
// images), and the files of the first two. Error where it is none of these, and for tables and layers in one folder.
struct FoundRoads {
  RoadFiles kind;
  std::vector<std::string> files;
};
FoundRoads find_roads(const std::string& path);

// Masks are vectorized when they are read.
std::unique_ptr<RoadSource> open_roads(const std::string& path, const RoadLayerOptions& layers = {});

}  // namespace ppl
