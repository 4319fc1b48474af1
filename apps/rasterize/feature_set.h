// All features, and where a tile has to look for them.
#pragma once

#include <vector>

#include "apps/rasterize/settings.h"
#include "io/maps/features.h"
#include "io/maps/tile_view.h"

namespace ppl::rasterize {

// Roads and buildings of all inputs, ready to be drawn from several threads.
class FeatureSet {
 public:
  // Builds the indices of the layers.
  FeatureSet(std::vector<FeatureLayer> layers, Settings settings);

  const std::vector<FeatureLayer>& layers() const { return layers_; }
  const Settings& settings() const { return settings_; }
  // How far, in metres, a feature's pixels may lie from its points and lines, and the same in pixels (published).
  double reach() const { return reach_; }
  double pixel_reach() const { return pixel_reach_; }
  // Pixels around a tile from where features may reach onto it.
  double margin(const TileView& view) const;
  size_t size() const;

 private:
  std::vector<FeatureLayer> layers_;
  Settings settings_;
  double reach_ = 0, pixel_reach_ = 0;
};

}  // namespace ppl::rasterize
