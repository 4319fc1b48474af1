// How large a pixel is on the ground.
#pragma once

#include <cstdint>
#include <optional>

#include "io/geometry/point.h"
#include "io/image/geotiff.h"

namespace ppl {

// Metres that a pixel is wide and high, at a place of the image in pixels. Nothing without a coordinate system that is
// tied to the earth.
struct GroundPixel {
  double width, height;
  double mean() const;  // of a square of the same area
};
std::optional<GroundPixel> ground_pixel(const GeoReference&, Point at = {0, 0});
// What is given, else that of the middle of an image that lies somewhere.
std::optional<GroundPixel> pixel_of(const std::optional<GeoReference>&, int64_t height, int64_t width,
                                    std::optional<double> given);

}  // namespace ppl
