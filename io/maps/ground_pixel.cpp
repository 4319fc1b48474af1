#include "io/maps/ground_pixel.h"

#include <cmath>

#include "io/maps/tile_view.h"
#include "kernels/base.h"

namespace ppl {

constexpr double kProjection = 0.005;  // share that projections stretch the ground by

double GroundPixel::mean() const { return std::sqrt(width * height); }

std::optional<GroundPixel> ground_pixel(const GeoReference& place, Point at) {
  try {
    ProjectionCache cache;
    TileFrame frame;
    frame.height = frame.width = 1;
    frame.transform = place.transform;
    const auto& t = place.transform;
    frame.transform[0] += at.x * t[1] + at.y * t[2];
    frame.transform[3] += at.x * t[4] + at.y * t[5];
    const GroundScale scale = TileView(frame, place.crs, cache).scale_at({0, 0});
    GroundPixel pixel{std::hypot(scale.xx, scale.yx), std::hypot(scale.xy, scale.yy)};
    // Where a system counts metres, what it says is what people call the size; the ground differs by less than this.
    const GroundPixel nominal{std::hypot(t[1], t[4]), std::hypot(t[2], t[5])};
    const auto near = [](double a, double b) { return std::fabs(a - b) <= kProjection * b; };
    return near(nominal.width, pixel.width) && near(nominal.height, pixel.height) ? nominal : pixel;
  } catch (const Error&) {
    return {};
  }
}

std::optional<GroundPixel> pixel_of(const std::optional<GeoReference>& place, int64_t height, int64_t width,
                                    std::optional<double> given) {
  if (given) return GroundPixel{*given, *given};
  if (!place) return {};
  return ground_pixel(*place, {static_cast<double>(width) / 2, static_cast<double>(height) / 2});
}

}  // namespace ppl
