// Roads of masks: each is vectorized when it is read.
#pragma once

#include <memory>
#include <string>

#include "io/tables/roads.h"
#include "io/vectorize/lengths.h"

namespace ppl {

// Whether the path is an image, or a folder with at least one <id>_mask image.
bool has_masks(const std::string& path);

// An image for every <id>_mask.{png,tif,...} of a folder, or for one such file (with or without the _mask). A mask
// without a road gives one line without points.
std::unique_ptr<RoadSource> open_mask_roads(const std::string& path, const RoadSettings& settings = {});

}  // namespace ppl
