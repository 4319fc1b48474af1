#include <cmath>
#include <memory>

#include "io/maps/ogr_layers.h"
#include "io/maps/osm_tags.h"
#include "io/maps/source.h"
#include "io/places/projection.h"
#include "kernels/base.h"

namespace ppl {
namespace {

Line points_of(const OGRSimpleCurve& curve) {
  Line line;
  for (int i = 0; i < curve.getNumPoints(); ++i) {
    const Point p{curve.getX(i), curve.getY(i)};
    if (std::isfinite(p.x) && std::isfinite(p.y)) line.push_back(p);
  }
  return line;
}

// Lines become parts of one feature; each polygon is a feature of its own, as its area and contacts are its own.
class Geometries {
 public:
  Geometries(const MapRequest& request, FeatureLayer& layer) : request_(request), layer_(layer) {}

  void add(const OGRGeometry& geometry, FeatureTraits traits) {
    const std::unique_ptr<OGRGeometry> straight(geometry.hasCurveGeometry() ? geometry.getLinearGeometry()
                                                                            : geometry.clone());
    if (!straight) return;
    add_straight(*straight, traits);
  }

 private:
  void add_straight(const OGRGeometry& geometry, FeatureTraits& traits) {
    const OGRwkbGeometryType type = wkbFlatten(geometry.getGeometryType());
    if (type == wkbPolygon || type == wkbTriangle) {
      traits.area = true;
      std::vector<Line> rings;
      for (const OGRLinearRing* ring : *geometry.toPolygon()) rings.push_back(points_of(*ring));
      layer_.add(traits, rings);
    } else if (type == wkbLineString) {
      if (request_.theme == MapTheme::buildings) return;
      traits.area = false;
      layer_.add(traits, {points_of(*geometry.toLineString())});
    } else if (OGR_GT_IsSubClassOf(type, wkbGeometryCollection)) {
      for (const OGRGeometry* part : *geometry.toGeometryCollection()) add_straight(*part, traits);
    }
  }

  const MapRequest& request_;
  FeatureLayer& layer_;
};

std::string crs_of(OGRLayer& source, const OgrFields& fields, const std::string& where) {
  const std::string wkt = wkt_of(source.GetSpatialRef());
  PPL_CHECK(!wkt.empty() || !fields.crs.empty(), where, ": has no coordinate system; name it with --source-crs");
  return crs_from_text(wkt.empty() ? fields.crs : wkt, where);
}

FeatureLayer read_layer(OGRLayer& source, const MapRequest& request, const OgrFields& fields,
                        const std::string& where) {
  FeatureLayer layer(crs_of(source, fields, where), FeatureLayer::Precision::full);
  const OGRFeatureDefn& definition = *source.GetLayerDefn();
  const char* usual = request.theme == MapTheme::roads ? "highway" : "building";
  const int kind = field_of(definition, fields.kind, usual, where);
  const int lanes = field_of(definition, fields.lanes, "lanes", where);
  const int width = field_of(definition, fields.width, "width", where);
  Geometries geometries(request, layer);
  const auto count = static_cast<double>(request.progress ? source.GetFeatureCount(false) : -1);
  for (int64_t read = 0; const auto& feature : source) {
    if (++read % 1000 == 0 && count > 0) request.progress(static_cast<double>(read) / count);
    const OGRGeometry* geometry = feature->GetGeometryRef();
    if (geometry == nullptr) continue;
    FeatureTraits traits;
    traits.kind = text_of(*feature, kind);
    traits.lanes = parse_lanes(text_of(*feature, lanes)).value_or(0);
    traits.width = parse_width(text_of(*feature, width)).value_or(0);
    if (!traits.kind.empty() && request.wants_kind && !request.wants_kind(traits.kind)) continue;
    geometries.add(*geometry, traits);
  }
  return layer;
}

}  // namespace

SourceReport read_ogr(const std::string& path, const MapRequest& request, const OgrFields& fields,
                      std::vector<FeatureLayer>& layers) {
  const GdalMessages messages;
  SourceReport report;
  report.path = path;
  const OgrFile file = open_ogr(path, drivers_of_plain_files(), "lines or polygons", messages);
  int read = 0;
  for (OGRLayer* source : file->GetLayers()) {
    if (!fields.layer.empty() && fields.layer != source->GetName()) continue;
    ++read;
    const std::string where = file->GetLayerCount() == 1 ? path : cat(path, ", layer ", source->GetName());
    layers.push_back(read_layer(*source, request, fields, where));
    report.features += static_cast<int64_t>(layers.back().size());
  }
  check_read_to_its_end(path, messages);
  PPL_CHECK(read > 0, path, fields.layer.empty() ? ": has no layer" : cat(": has no layer '", fields.layer, "'"));
  return report;
}

}  // namespace ppl
