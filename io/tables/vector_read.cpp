#include <cmath>
#include <cstdlib>
#include <memory>

#include "io/file.h"
#include "io/maps/ogr_layers.h"
#include "io/tables/csv.h"
#include "io/tables/vector_file.h"
#include "kernels/base.h"

namespace ppl {
namespace {

Line ring_of(const OGRLinearRing& ring, const std::string& where) {
  Line points;
  for (int i = 0; i < ring.getNumPoints(); ++i) {
    points.push_back({ring.getX(i), ring.getY(i)});
    PPL_CHECK(std::isfinite(points.back().x) && std::isfinite(points.back().y), where, ": a coordinate is no number");
  }
  if (points.size() > 1 && points.front() == points.back()) points.pop_back();
  return points;
}

Polygon polygon_of(const OGRPolygon& from, const std::string& where) {
  Polygon result;
  if (from.getExteriorRing()) result.outer = ring_of(*from.getExteriorRing(), where);
  for (int i = 0; i < from.getNumInteriorRings(); ++i) {
    result.holes.push_back(ring_of(*from.getInteriorRing(i), where));
  }
  return result;
}

void gather(const OGRGeometry* geometry, std::vector<Polygon>& to, const std::string& where) {
  if (!geometry || geometry->IsEmpty()) return;
  const OGRwkbGeometryType type = wkbFlatten(geometry->getGeometryType());
  PPL_CHECK(type == wkbPolygon || type == wkbMultiPolygon || type == wkbGeometryCollection, where,
            ": expected polygons, got ", geometry->getGeometryName());
  if (type == wkbPolygon) {
    to.push_back(polygon_of(*geometry->toPolygon(), where));
    return;
  }
  for (const OGRGeometry* part : *geometry->toGeometryCollection()) gather(part, to, where);
}

std::vector<std::string> field_names(OGRFeatureDefn& layer) {
  std::vector<std::string> names;
  for (int i = 0; i < layer.GetFieldCount(); ++i) names.emplace_back(layer.GetFieldDefn(i)->GetNameRef());
  return names;
}

void read_layer(OGRLayer& layer, const std::string& path, ReadPolygons& to) {
  const std::vector<std::string> fields = field_names(*layer.GetLayerDefn());
  const int image = find_column(fields, {"ImageId", "image_id", "image"});
  const int id = find_column(fields, {"BuildingId", "building_id", "number"});
  const int confidence = find_column(fields, {"Confidence", "conf", "score"});
  layer.ResetReading();
  for (const auto& feature : layer) {
    const std::string where = cat(path, ": feature ", feature->GetFID());
    ReadPolygons::Feature& next = to.features.emplace_back();
    if (image >= 0) next.image = feature->GetFieldAsString(image);
    next.id = id >= 0 ? feature->GetFieldAsString(id) : std::to_string(feature->GetFID());
    if (confidence >= 0) next.confidence = feature->GetFieldAsDouble(confidence);
    PPL_CHECK(std::isfinite(next.confidence), where, ": the confidence is no number");
    gather(feature->GetGeometryRef(), next.polygons, where);
  }
}

}  // namespace

ReadPolygons read_polygons(const std::string& path) {
  GdalMessages messages;
  const OgrFile data =
      open_ogr(path, {"GeoJSON", "GPKG", "FlatGeobuf"}, "polygons of GeoJSON, GeoPackage or FlatGeobuf", messages);
  ReadPolygons result;
  for (OGRLayer* layer : data->GetLayers()) {
    if (const OGRSpatialReference* crs = layer->GetSpatialRef(); crs && result.crs.empty()) {
      result.crs = wkt_of(crs);
      result.geographic = crs->IsGeographic() != 0;
    }
    read_layer(*layer, path, result);
  }
  check_read_to_its_end(path, messages);
  return result;
}

}  // namespace ppl
