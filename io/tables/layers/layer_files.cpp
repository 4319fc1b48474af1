#include "io/tables/layers/layer_files.h"

#include <cmath>

#include "io/tables/csv.h"
#include "io/tables/image_id.h"
#include "kernels/base.h"

namespace ppl {
namespace {

bool every_feature_has(OGRLayer& layer, int field) {
  layer.ResetReading();
  bool any = false;
  for (const auto& feature : layer) {
    if (!feature->IsFieldSetAndNotNull(field) || is_blank(feature->GetFieldAsString(field))) return false;
    any = true;
  }
  return any;
}

}  // namespace

OgrFile open_layers(const std::string& path, const std::string& what, const GdalMessages& messages) {
  return open_ogr(path, {"GeoJSON", "GPKG", "FlatGeobuf", "ESRI Shapefile"}, what, messages);
}

std::vector<OGRLayer*> feature_layers(GDALDataset& file, const std::string& path) {
  std::vector<OGRLayer*> layers;
  for (OGRLayer* layer : file.GetLayers()) {
    if (layer->GetGeomType() != wkbNone) layers.push_back(layer);
  }
  PPL_CHECK(!layers.empty(), path, ": expected a layer of features with geometries, got none");
  return layers;
}

int find_field(OGRLayer& layer, const std::vector<std::string>& names) {
  std::vector<std::string> fields;
  OGRFeatureDefn& all = *layer.GetLayerDefn();
  for (int i = 0; i < all.GetFieldCount(); ++i) fields.emplace_back(all.GetFieldDefn(i)->GetNameRef());
  return find_column(fields, names);
}

int find_image_field(OGRLayer& layer) {
  const std::vector<std::string>& names = image_columns();
  for (const std::string& name : names) {
    const int field = find_field(layer, {name});
    if (field >= 0 && (name == names.front() || every_feature_has(layer, field))) return field;
  }
  return -1;
}

bool is_in_pixels(OGRLayer& layer) {
  const OGRSpatialReference* system = layer.GetSpatialRef();
  return system && system->IsLocal();
}

void check_degrees(OGRLayer& layer, const std::string& path) {
  const OGRSpatialReference* system = layer.GetSpatialRef();
  OGREnvelope extent;
  if (!system || !system->IsGeographic() || layer.GetExtent(&extent, TRUE) != OGRERR_NONE) return;
  constexpr double kSlack = 1;
  const double x = std::max(std::fabs(extent.MinX), std::fabs(extent.MaxX));
  const double y = std::max(std::fabs(extent.MinY), std::fabs(extent.MaxY));
  // Longitudes may go on beyond the antimeridian.
  PPL_CHECK(x <= 360 + kSlack && y <= 90 + kSlack, path, ": its system (", system->GetName(),
            ") has degrees, but coordinates reach ", x, " and ", y, "; --pixels takes them as pixels");
}

}  // namespace ppl
