// Opening layers of roads and buildings, for the files that read them through OGR.
#pragma once

#include <string>
#include <vector>

#include "io/maps/ogr/layers.h"

namespace ppl {

// GeoJSON, GeoPackage, FlatGeobuf or a shapefile. Error where it is none of these.
OgrFile open_layers(const std::string& path, const std::string& what, const GdalMessages& messages);

// The layers that have a geometry: QGIS keeps tables of styles beside them. Error where there is none.
std::vector<OGRLayer*> feature_layers(GDALDataset& file, const std::string& path);

// The number of the field that names a feature's image, or -1: ImageId, else another of image_columns that every
// feature has (OSM has a tag `image`, too, which few features have).
int find_image_field(OGRLayer& layer);

// The number of the first of these fields that is there, or -1.
int find_field(OGRLayer& layer, const std::vector<std::string>& names);

// Whether the layer says that its coordinates are not on the earth.
bool is_in_pixels(OGRLayer& layer);

// Error where a layer says that its coordinates are degrees and they are beyond 180 and 90.
void check_degrees(OGRLayer& layer, const std::string& path);

}  // namespace ppl
