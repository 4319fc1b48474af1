#include <ogrsf_frmts.h>

#include <filesystem>
#include <memory>

#include "io/gdal_messages.h"
#include "io/vector/osm_tags.h"
#include "io/vector/projection.h"
#include "io/vector/source.h"
#include "kernels/base.h"

namespace ppl {
namespace {

struct CloseDataset {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};

// All vector drivers but those whose files name other files or addresses to go on with.
std::vector<std::string> allowed_drivers() {
  static const char* const kFollowing[] = {"OGR_VRT", "VRT", "WFS", "OAPIF", "HTTP", "CSW", "GMLAS", "GML", "DERIVED"};
  std::vector<std::string> names;
  GDALDriverManager* manager = GetGDALDriverManager();
  for (int i = 0; i < manager->GetDriverCount(); ++i) {
    GDALDriver* driver = manager->GetDriver(i);
    const std::string name = driver->GetDescription();
    if (driver->GetMetadataItem(GDAL_DCAP_VECTOR) == nullptr) continue;
    if (std::find(std::begin(kFollowing), std::end(kFollowing), name) == std::end(kFollowing)) names.push_back(name);
  }
  return names;
}

std::unique_ptr<GDALDataset, CloseDataset> open_vectors(const std::string& path, const GdalMessages& messages) {
  // A name that is no file could be a connection string.
  PPL_CHECK(std::filesystem::exists(path), path, ": no such file");
  const std::vector<std::string> names = allowed_drivers();
  std::vector<const char*> drivers;
  for (const std::string& name : names) drivers.push_back(name.c_str());
  drivers.push_back(nullptr);
  std::unique_ptr<GDALDataset, CloseDataset> file(
      GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers.data()));
  PPL_CHECK(file, path, ": cannot be read as lines or polygons: ",
            messages.text().empty() ? "no format that OGR knows" : messages.text());
  return file;
}

int field_of(const OGRFeatureDefn& definition, const std::string& named, const char* usual, const std::string& where) {
  const int index = definition.GetFieldIndex(named.empty() ? usual : named.c_str());
  PPL_CHECK(index >= 0 || named.empty(), where, ": has no attribute '", named, "'");
  return index;
}

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
  const OGRSpatialReference* reference = source.GetSpatialRef();
  if (reference == nullptr) {
    PPL_CHECK(!fields.crs.empty(), where, ": has no coordinate system; name it with --source-crs");
    return crs_from_text(fields.crs, where);
  }
  char* text = nullptr;
  const char* const options[] = {"FORMAT=WKT2", nullptr};
  reference->exportToWkt(&text, options);
  const std::string wkt = text == nullptr ? "" : text;
  CPLFree(text);
  return crs_from_text(wkt, where);
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
    const auto text = [&](int field) -> std::string {
      return field >= 0 && feature->IsFieldSetAndNotNull(field) ? feature->GetFieldAsString(field) : "";
    };
    FeatureTraits traits;
    traits.kind = text(kind);
    traits.lanes = parse_lanes(text(lanes)).value_or(0);
    traits.width = parse_width(text(width)).value_or(0);
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
  const auto file = open_vectors(path, messages);
  int read = 0;
  for (OGRLayer* source : file->GetLayers()) {
    if (!fields.layer.empty() && fields.layer != source->GetName()) continue;
    ++read;
    const std::string where = file->GetLayerCount() == 1 ? path : cat(path, ", layer ", source->GetName());
    layers.push_back(read_layer(*source, request, fields, where));
    report.features += static_cast<int64_t>(layers.back().size());
  }
  PPL_CHECK(!messages.failed(), path, ": cannot be read to its end: ", messages.text());
  PPL_CHECK(read > 0, path, fields.layer.empty() ? ": has no layer" : cat(": has no layer '", fields.layer, "'"));
  return report;
}

}  // namespace ppl
