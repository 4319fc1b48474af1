#include <cmath>
#include <cstdlib>
#include <memory>

#include "io/tables/csv.h"
#include "io/tables/image_id.h"
#include "io/tables/layers/layer_files.h"
#include "io/tables/layers/vector_file.h"
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

void read_layer(OGRLayer& layer, const std::string& path, ReadPolygons& to) {
  const int image = find_image_field(layer);
  const int id = find_field(layer, {"BuildingId", "number"});
  const int confidence = find_field(layer, {"Confidence", "conf", "score"});
  layer.ResetReading();
  for (const auto& feature : layer) {
    ReadPolygons::Feature& next = to.features.emplace_back();
    const std::string name = text_of(*feature, image);
    if (!is_blank(name)) next.image = image_id_of(name);
    next.id = id >= 0 ? text_of(*feature, id) : std::to_string(feature->GetFID());
    next.confidence = text_of(*feature, confidence);
    gather(feature->GetGeometryRef(), next.polygons, cat(path, ": feature ", feature->GetFID()));
  }
}

}  // namespace

ReadPolygons read_polygons(const std::string& path, bool pixels) {
  GdalMessages messages;
  const OgrFile file = open_layers(path, "a layer of polygons", messages);
  ReadPolygons result;
  const OGRSpatialReference* system = nullptr;
  for (OGRLayer* layer : feature_layers(*file, path)) {
    if (!pixels) check_degrees(*layer, path);
    const OGRSpatialReference* own = layer->GetSpatialRef();
    PPL_CHECK(!system || !own || system->IsSame(own), path,
              ": its layers have several coordinate systems; expected one");
    if (own) system = own;
    result.in_pixels = result.in_pixels || is_in_pixels(*layer);
    read_layer(*layer, path, result);
  }
  if (!result.in_pixels) result.crs = wkt_of(system);
  check_read_to_its_end(path, messages);
  return result;
}

}  // namespace ppl
