// A tile's pixels against the earth: where its features are in a layer, and points of a layer in its pixels.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "io/geometry/spans.h"
#include "io/maps/features.h"
#include "io/places/projection.h"
#include "io/places/tile_frame.h"

namespace ppl {

// Projections between layers and tiles, made once for each pair. One for each thread.
class ProjectionCache {
 public:
  struct Pair {
    Projection to_tile, to_layer;
    double layer_period, tile_period;  // see meridian_period
  };
  Pair& between(const std::string& layer_crs, const std::string& tile_crs);
  Projection& to_degrees(const std::string& tile_crs);

 private:
  std::map<std::pair<std::string, std::string>, Pair> pairs_;
  std::string wgs84_;
};

// Features near a tile in its pixels. A line may have been cut into pieces where it is far from the tile.
struct NearbyFeature {
  const FeatureLayer* layer;
  uint32_t number;
  std::vector<Line> parts;
};

class TileView {
 public:
  // Error naming the tile where its coordinate system says nothing about the ground there.
  TileView(const TileFrame& tile, const std::string& crs, ProjectionCache& cache);

  Extent extent() const { return extent_; }
  // Metres a pixel at a point of the tile (pixels); from the corners in between, from the nearest border outside.
  GroundScale scale_at(Point pixel) const;
  // Pixels that `metres` may span anywhere in the tile.
  double pixels(double metres) const;

  // Whether the box of any feature comes within `margin` pixels of the tile.
  bool touches(const FeatureLayer& layer, double margin) const;
  // Features of which something may lie within `margin` pixels of the tile.
  std::vector<NearbyFeature> find(const FeatureLayer& layer, double margin) const;

 private:
  GroundScale measure(Point pixel) const;
  Point from_pixel(Point pixel) const;
  Point to_pixel(Point place) const;
  std::vector<Box> boxes_in(ProjectionCache::Pair&, double margin) const;

  const TileFrame& tile_;
  const std::string& crs_;
  ProjectionCache& cache_;
  Extent extent_;
  GroundScale corners_[2][2];  // row, column
};

}  // namespace ppl
