// Roads measured in metres on the earth instead of an image's pixels.
#pragma once

#include <memory>

#include "io/image/geotiff.h"
#include "io/tables/roads.h"

namespace ppl {

// The same roads in the UTM zone of the image's origin (or in the image's own system where that counts metres),
// from the image's origin on, y downwards, in units of `unit` metres. Error for a reference without a coordinate
// system, and in builds without GDAL.
std::unique_ptr<RoadSource> project_roads(std::unique_ptr<RoadSource> roads, const GeoReference& reference,
                                          double unit);

}  // namespace ppl
