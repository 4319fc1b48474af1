#include "apps/rasterize/feature_set.h"

#include <algorithm>

namespace ppl::rasterize {

FeatureSet::FeatureSet(std::vector<FeatureLayer> layers, Settings settings)
    : layers_(std::move(layers)), settings_(std::move(settings)) {
  reach_ =
      settings_.theme == MapTheme::buildings ? std::max(settings_.boundary, settings_.contact) : settings_.distance;
  for (FeatureLayer& layer : layers_) {
    layer.build_index();
    if (settings_.theme == MapTheme::buildings) continue;
    for (uint32_t feature = 0; feature < layer.size(); ++feature) {
      const FeatureTraits traits = layer.traits(feature);
      if (traits.area) continue;
      if (settings_.style == Style::published) {
        pixel_reach_ = std::max(pixel_reach_, published_thickness(traits, settings_.lane_pixels) / 2.0 + 2);
      } else {
        reach_ = std::max(reach_, settings_.radius_of(traits));
      }
    }
  }
}

double FeatureSet::margin(const TileView& view) const {
  return std::max(reach_ > 0 ? view.pixels(reach_) : 0.0, pixel_reach_) + 1;
}

size_t FeatureSet::size() const {
  size_t sum = 0;
  for (const FeatureLayer& layer : layers_) sum += layer.size();
  return sum;
}

}  // namespace ppl::rasterize
