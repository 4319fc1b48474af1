// Maps and tiles that have nothing to do with one another.
#pragma once

#include "apps/rasterize/feature_set.h"
#include "io/places/tile_frame.h"

namespace ppl::rasterize {

// Error where no feature touches any of the tiles, with the extents of both in degrees.
void check_touching(const FeatureSet& features, const TileFrames& frames);

// The box of all features in another coordinate system.
Box bounds_in(const std::string& crs, const FeatureSet& features);

}  // namespace ppl::rasterize
