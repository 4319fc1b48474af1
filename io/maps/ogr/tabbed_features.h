// Lines of a country's letters, a tab and a GeoJSON Feature: how Microsoft's roads are published.
#pragma once

#include "io/maps/packed_reader.h"
#include "io/maps/source.h"

namespace ppl {

// Adds all lines (roads) or polygons (buildings); they have no classes. Error naming the line that is not of this form.
void read_tabbed_features(const std::string& path, const MapRequest&, FeatureLayer& layer, SourceReport& report);

}  // namespace ppl
