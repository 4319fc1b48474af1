// One tile: which features lie on it, and their pixels.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/rasterize/feature_set.h"
#include "io/maps/tile_view.h"
#include "io/places/tile_frame.h"

namespace ppl::rasterize {

struct DrawnTile {
  std::vector<uint8_t> mask;      // [height, width]: 0 background, 1 or numbers of classes, 255 no data
  std::vector<uint8_t> distance;  // [height, width]: 255 on a centre line falling to 0; empty where not asked for
  int64_t features = 0;           // with at least one pixel on the tile
  std::map<std::string, int64_t> by_class;
};

// Draws tiles one after the other; one for each thread.
class Drawer {
 public:
  Drawer(const FeatureSet& features, const std::vector<std::string>& crs) : features_(features), crs_(crs) {}
  DrawnTile draw(const TileFrame& tile);

 private:
  struct Work;  // of one tile
  void draw_road(Work&, const NearbyFeature&);
  void draw_published(Work&, const NearbyFeature&);
  void draw_distance(Work&, const NearbyFeature&);
  void draw_area(Work&, const NearbyFeature&);
  void draw_boundary(Work&, const std::vector<Line>& rings);
  void draw_near(Work&, const std::vector<Line>& rings);

  const FeatureSet& features_;
  const std::vector<std::string>& crs_;
  ProjectionCache cache_;
  PolygonFiller filler_;
  std::vector<Span> spans_, more_spans_;
};

}  // namespace ppl::rasterize
