#include <algorithm>
#include <cmath>

#include "io/geometry/box.h"
#include "io/places/projection.h"
#include "io/tables/layers/layer_files.h"
#include "io/tables/layers/road_layers.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr int kSteps = 8;  // points a side of a layer's extent whose places are looked at

// Corners and sides of the layers' extents in the system `to`. False where a layer is not on the earth.
bool add_extents(const std::string& path, const std::string& to, Box& box) {
  const GdalMessages messages;
  const OgrFile file = open_layers(path, "a layer of roads", messages);
  for (OGRLayer* layer : feature_layers(*file, path)) {
    if (!layer->GetSpatialRef() || is_in_pixels(*layer)) return false;
    check_degrees(*layer, path);
    OGREnvelope extent;
    if (layer->GetExtent(&extent, TRUE) != OGRERR_NONE) continue;  // empty
    Line border;
    for (int i = 0; i <= kSteps; ++i) {
      const double x = extent.MinX + (extent.MaxX - extent.MinX) * i / kSteps;
      const double y = extent.MinY + (extent.MaxY - extent.MinY) * i / kSteps;
      for (const Point p : {Point{x, extent.MinY}, {x, extent.MaxY}, {extent.MinX, y}, {extent.MaxX, y}}) {
        border.push_back(p);
      }
    }
    Projection(wkt_of(layer->GetSpatialRef()), to).apply(border);
    for (const Point p : border) {
      PPL_CHECK(std::isfinite(p.x) && std::isfinite(p.y), path, ": its coordinates have no place on the earth");
      box.add(p);
    }
  }
  return true;
}

bool add_extents(const std::vector<std::string>& paths, const std::string& to, Box& box) {
  return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) { return add_extents(path, to, box); });
}

}  // namespace

std::optional<GeoReference> common_ground(const std::vector<std::string>& paths, double pixel) {
  constexpr double kZone = 6, kFarthest = 80;  // degrees
  Box degrees, metres;
  if (!add_extents(paths, crs_of_epsg(4326), degrees) || degrees.empty()) return {};
  const Point middle{(degrees.min_x + degrees.max_x) / 2, (degrees.min_y + degrees.max_y) / 2};
  PPL_CHECK(degrees.max_x - degrees.min_x <= kZone && std::fabs(middle.y) <= kFarthest, paths.front(),
            ": the layers span ", degrees.max_x - degrees.min_x, " degrees of longitude around latitude ", middle.y,
            "; without --images or --transform they are measured in one UTM zone, which is ", kZone, " wide");
  const double zone = std::clamp(std::floor((middle.x + 180) / kZone), 0.0, 59.0) + 1;
  GeoReference ground{crs_of_epsg((middle.y < 0 ? 32700 : 32600) + static_cast<int>(zone)), {}};
  add_extents(paths, ground.crs, metres);
  ground.transform = {metres.min_x, pixel, 0, metres.max_y, 0, -pixel};
  return ground;
}

}  // namespace ppl
