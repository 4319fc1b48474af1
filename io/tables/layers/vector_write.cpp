#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <ogrsf_frmts.h>

#include <atomic>
#include <memory>
#include <string_view>

#include "io/file.h"
#include "io/folder.h"
#include "io/gdal_messages.h"
#include "io/tables/layers/vector_file.h"
#include "io/utf8.h"
#include "kernels/base.h"

namespace ppl {
namespace {

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};

// What drivers take as the system of layers in pixels; GeoPackage has a number of its own for it (-1).
constexpr const char* kPixels = "LOCAL_CS[\"Undefined Cartesian SRS\",UNIT[\"Meter\",1]]";

const char* driver_of(const std::string& path) {
  const std::string extension = extension_of(path);
  return extension == ".gpkg" ? "GPKG" : extension == ".fgb" ? "FlatGeobuf" : "GeoJSON";
}

void add_ring(OGRPolygon& to, const Line& ring) {
  OGRLinearRing points;
  for (const Point p : ring) points.addPoint(p.x, p.y);
  points.closeRings();
  to.addRing(&points);
}

std::unique_ptr<OGRGeometry> to_geometry(const VectorFeature& feature, bool polygons) {
  if (feature.line.empty() && feature.polygon.outer.empty()) return nullptr;
  if (!polygons) {
    auto line = std::make_unique<OGRLineString>();
    for (const Point p : feature.line) line->addPoint(p.x, p.y);
    return line;
  }
  auto polygon = std::make_unique<OGRPolygon>();
  add_ring(*polygon, feature.polygon.outer);
  for (const Line& hole : feature.polygon.holes) add_ring(*polygon, hole);
  return polygon;
}

OGRLayer* create_layer(GDALDataset& data, const VectorLayer& layer, bool geojson, OGRSpatialReference* crs) {
  const char* const wgs84[] = {"RFC7946=YES", "COORDINATE_PRECISION=9", nullptr};
  const char* const pixels[] = {"COORDINATE_PRECISION=3", nullptr};
  const char* const none[] = {nullptr};
  const char* const* options = !geojson ? none : crs ? wgs84 : pixels;
  OGRLayer* result = data.CreateLayer(as_utf8(layer.name).c_str(), crs, layer.polygons ? wkbPolygon : wkbLineString,
                                      const_cast<char**>(options));
  if (!result) return nullptr;
  OGRFieldDefn image("image_id", OFTString), number("number", OFTInteger64), value(layer.value_name.c_str(), OFTReal);
  for (OGRFieldDefn* field : {&image, &number, &value}) {
    if (result->CreateField(field) != OGRERR_NONE) return nullptr;
  }
  return result;
}

bool write_features(OGRLayer& to, const VectorLayer& layer) {
  for (const VectorFeature& feature : layer.features) {
    OGRFeature out(to.GetLayerDefn());
    out.SetField(0, as_utf8(feature.image).c_str());
    out.SetField(1, static_cast<GIntBig>(feature.number));
    out.SetField(2, feature.value);
    if (auto geometry = to_geometry(feature, layer.polygons)) out.SetGeometryDirectly(geometry.release());
    if (to.CreateFeature(&out) != OGRERR_NONE) return false;
  }
  return true;
}

// Made in memory; true where all of it went well.
bool make(const std::string& name, const VectorLayer& layer, const std::string& driver_name) {
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName(driver_name.c_str());
  if (!driver) return false;
  const bool geojson = driver_name == "GeoJSON", pixels = layer.crs.empty();
  OGRSpatialReference crs;
  crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  if (crs.SetFromUserInput(pixels ? kPixels : layer.crs.c_str()) != OGRERR_NONE) return false;
  const std::unique_ptr<GDALDataset, Close> data(driver->Create(name.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
  if (!data) return false;
  OGRLayer* to = create_layer(*data, layer, geojson, geojson && pixels ? nullptr : &crs);
  if (!to) return false;
  const bool transaction = data->TestCapability(ODsCTransactions) && data->StartTransaction() == OGRERR_NONE;
  return write_features(*to, layer) && (!transaction || data->CommitTransaction() == OGRERR_NONE);
}

// A collection without a system would be in degrees.
std::string with_pixel_system(std::string_view geojson) {
  const size_t begin = geojson.find("\"features\"");
  PPL_CHECK(begin != std::string_view::npos, "GDAL wrote GeoJSON without features");
  std::string system = kPixels;
  for (size_t at = 0; (at = system.find('"', at)) != std::string::npos; at += 2) system.insert(at, "\\");
  return cat(geojson.substr(0, begin), "\"crs\": { \"type\": \"name\", \"properties\": { \"name\": \"", system,
             "\" } },\n", geojson.substr(begin));
}

}  // namespace

Point to_world(const GeoReference& geo, Point p) {
  const auto& t = geo.transform;
  return {t[0] + p.x * t[1] + p.y * t[2], t[3] + p.x * t[4] + p.y * t[5]};
}

Line to_world(const GeoReference& geo, const Line& line) {
  Line result;
  for (const Point p : line) result.push_back(to_world(geo, p));
  return result;
}

Polygon to_world(const GeoReference& geo, const Polygon& polygon) {
  Polygon result{to_world(geo, polygon.outer), {}};
  for (const Line& hole : polygon.holes) result.holes.push_back(to_world(geo, hole));
  return result;
}

void write_vectors(const std::string& path, const VectorLayer& layer) {
  PPL_CHECK(is_vector_file(path), path, ": expected a name that ends with .geojson, .json, .gpkg or .fgb");
  static std::atomic<unsigned> counter{0};
  const std::string name = cat("/vsimem/ppl_layer_", counter++, extension_of(path));
  struct Remove {
    const std::string& name;
    ~Remove() { VSIUnlink(name.c_str()); }
  } remove{name};
  GdalMessages messages;
  CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", "2020-01-01T00:00:00.000Z");  // a GeoPackage notes when it was made
  const std::string driver = driver_of(path);
  const bool made = make(name, layer, driver);
  CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", nullptr);
  vsi_l_offset size = 0;
  const GByte* bytes = VSIGetMemFileBuffer(name.c_str(), &size, FALSE);
  PPL_CHECK(made && bytes && !messages.failed(), path, ": cannot make the file: ", messages.text());
  if (driver != "GeoJSON" || !layer.crs.empty()) return write_file(path, bytes, size);
  write_file(path, with_pixel_system({reinterpret_cast<const char*>(bytes), size}));
}

}  // namespace ppl
