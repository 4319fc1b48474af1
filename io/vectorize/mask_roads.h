// Roads of masks: each is vectorized when it is read.
#pragma once

#include <memory>
#include <string>

#include "io/places/scene_tiles.h"
#include "io/tables/roads.h"
#include "io/vectorize/lengths.h"

namespace ppl {

// What follows the id in a mask's name.
inline constexpr const char* kMaskSuffix = "_mask";

// Whether the path is an image, or a folder with at least one <id>_mask image.
bool has_masks(const std::string& path);

// An image for every <id>_mask.{png,tif,...} of a folder, or for one such file (with or without the _mask). A mask
// without a road gives one line without points.
std::unique_ptr<RoadSource> open_mask_roads(const std::string& path, const RoadSettings& settings = {});

// An image for every tile: its window of the scene.
std::unique_ptr<RoadSource> open_scene_roads(const std::string& scene, const SceneTiles&,
                                             const RoadSettings& settings = {});

}  // namespace ppl
