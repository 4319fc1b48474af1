#include "apps/rasterize/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/rasterize/draw.h"
#include "io/places/projection.h"

namespace ppl::rasterize {
namespace {

void add_projected(Line points, const std::string& from, const std::string& to, Box& box) {
  Projection(from, to).apply(points);
  for (const Point p : points) {
    if (std::isfinite(p.x) && std::isfinite(p.y)) box.add(p);
  }
}

Box degrees_of(const TileFrames& frames) {
  std::vector<Line> corners(frames.crs.size());
  for (const TileFrame& tile : frames.tiles) {
    const auto& t = tile.transform;
    const auto width = static_cast<double>(tile.width), height = static_cast<double>(tile.height);
    for (const Point p : {Point{0, 0}, Point{width, 0}, Point{0, height}, Point{width, height}}) {
      corners[tile.crs].push_back({t[0] + p.x * t[1] + p.y * t[2], t[3] + p.x * t[4] + p.y * t[5]});
    }
  }
  Box box;
  for (size_t i = 0; i < corners.size(); ++i) add_projected(corners[i], frames.crs[i], crs_of_epsg(4326), box);
  return box;
}

std::string text_of(const Box& box) {
  return fmt::format("{:.6g} to {:.6g} east, {:.6g} to {:.6g} north", box.min_x, box.max_x, box.min_y, box.max_y);
}

}  // namespace

Box bounds_in(const std::string& crs, const FeatureSet& features) {
  constexpr int kSteps = 32;
  Box box;
  for (const FeatureLayer& layer : features.layers()) {
    const Box from = layer.bounds();
    Line points;
    for (int i = 0; i <= kSteps && !from.empty(); ++i) {
      const double x = from.min_x + (from.max_x - from.min_x) * i / kSteps;
      const double y = from.min_y + (from.max_y - from.min_y) * i / kSteps;
      for (const Point p : {Point{x, from.min_y}, Point{x, from.max_y}, Point{from.min_x, y}, Point{from.max_x, y}}) {
        points.push_back(p);
      }
    }
    if (!points.empty()) add_projected(points, layer.crs(), crs, box);
  }
  return box;
}

void check_touching(const FeatureSet& features, const TileFrames& frames) {
  ProjectionCache cache;
  for (const TileFrame& tile : frames.tiles) {
    const TileView view(tile, frames.crs[tile.crs], cache);
    const double margin = features.margin(view);
    for (const FeatureLayer& layer : features.layers()) {
      if (view.touches(layer, margin)) return;
    }
  }
  const Box map = bounds_in(crs_of_epsg(4326), features), tiles = degrees_of(frames);
  const Box turned{map.min_y, map.min_x, map.max_y, map.max_x};
  throw Error(
      fmt::format("no feature of the map is on any of the {} tiles: the map is at {}, the tiles at {} (degrees){}; "
                  "--allow-empty draws empty masks all the same",
                  frames.tiles.size(), text_of(map), text_of(tiles),
                  turned.touches(tiles) ? " (are the map's latitudes and longitudes exchanged?)" : ""));
}

}  // namespace ppl::rasterize
