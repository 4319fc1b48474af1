#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <ogrsf_frmts.h>

#include <cpl_string.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string_view>

#include "io/file.h"
#include "io/folder.h"
#include "io/gdal_messages.h"
#include "io/tables/layers/osm_file.h"
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

// Those whose files were read back with all that a layer holds. GDAL writes more endings, but some of its drivers take
// no such fields, and others claim .txt and .xml for something else.
constexpr std::pair<std::string_view, const char*> kDrivers[] = {{".gpkg", "GPKG"},
                                                                 {".fgb", "FlatGeobuf"},
                                                                 {".geojson", "GeoJSON"},
                                                                 {".json", "GeoJSON"},
                                                                 {".geojsonl", "GeoJSONSeq"},
                                                                 {".geojsons", "GeoJSONSeq"},
                                                                 {".shp", "ESRI Shapefile"},
                                                                 {".gml", "GML"},
                                                                 {".sqlite", "SQLite"},
                                                                 {".kml", "LIBKML"},
                                                                 {".kml", "KML"}};

// Empty where GDAL has none.
std::string driver_of(const std::string& path) {
  const std::string extension = extension_of(path);
  for (const auto& [known, name] : kDrivers) {
    if (extension == known && GetGDALDriverManager()->GetDriverByName(name)) return name;
  }
  return {};
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
  OGRFieldDefn image("image_id", OFTString), number("number", OFTInteger64);
  if (result->CreateField(&image) != OGRERR_NONE || result->CreateField(&number) != OGRERR_NONE) return nullptr;
  for (const std::string& name : layer.fields) {
    OGRFieldDefn value(name.c_str(), OFTReal);
    if (result->CreateField(&value) != OGRERR_NONE) return nullptr;
  }
  for (const auto& [key, value] : layer.metadata) result->SetMetadataItem(key.c_str(), value.c_str());
  return result;
}

bool write_features(OGRLayer& to, const VectorLayer& layer) {
  for (const VectorFeature& feature : layer.features) {
    OGRFeature out(to.GetLayerDefn());
    out.SetField(0, as_utf8(feature.image).c_str());
    out.SetField(1, static_cast<GIntBig>(feature.number));
    for (size_t k = 0; k < feature.values.size(); ++k) {
      if (!std::isnan(feature.values[k])) out.SetField(static_cast<int>(k) + 2, feature.values[k]);
    }
    if (auto geometry = to_geometry(feature, layer.polygons)) out.SetGeometryDirectly(geometry.release());
    if (to.CreateFeature(&out) != OGRERR_NONE) return false;
  }
  return true;
}

// Made in memory; true where all of it went well.
bool make(const std::string& name, const VectorLayer& layer, const std::string& driver_name) {
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName(driver_name.c_str());
  if (!driver) return false;
  const bool geojson = driver_name.starts_with("GeoJSON"), pixels = layer.crs.empty();
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

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Members of a collection that GDAL does not write: what the layer says of itself, and the system of layers in pixels
// (without one a collection would be in degrees).
std::string with_members(std::string_view geojson, const VectorLayer& layer) {
  const size_t begin = geojson.find("\"features\"");
  PPL_CHECK(begin != std::string_view::npos, "GDAL wrote GeoJSON without features");
  std::string members, metadata;
  if (layer.crs.empty())
    members += cat("\"crs\": { \"type\": \"name\", \"properties\": { \"name\": ", quoted(kPixels), " } },\n");
  for (const auto& [key, value] : layer.metadata)
    metadata += cat(metadata.empty() ? "" : ", ", quoted(key), ": ", quoted(value));
  if (!metadata.empty()) members += cat("\"metadata\": { ", metadata, " },\n");
  return cat(geojson.substr(0, begin), members, geojson.substr(begin));
}

// A layer of several files (a shapefile) is made in a folder in memory, which goes with all that is in it.
class MemoryFolder {
 public:
  MemoryFolder() {
    static std::atomic<unsigned> counter{0};
    name_ = cat("/vsimem/ppl_layers_", counter++);
    VSIMkdir(name_.c_str(), 0700);
  }
  ~MemoryFolder() { VSIRmdirRecursive(name_.c_str()); }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  std::string operator/(const std::string& file) const { return name_ + "/" + file; }
  std::vector<std::string> files() const {
    const CPLStringList list(VSIReadDir(name_.c_str()));
    std::vector<std::string> names;
    for (int i = 0; i < list.Count(); ++i) {
      if (std::string_view(list[i]) != "." && std::string_view(list[i]) != "..") names.emplace_back(list[i]);
    }
    return names;
  }

 private:
  std::string name_;
};

// The file of the name itself comes last: where it is, the others are.
void write_files(const std::string& path, const VectorLayer& layer, const MemoryFolder& folder) {
  const std::filesystem::path name(path);
  std::vector<std::string> files = folder.files();
  std::stable_partition(files.begin(), files.end(), [&](const std::string& file) { return file != name.filename(); });
  const auto place_of = [&](const std::string& file) { return (name.parent_path() / file).string(); };
  for (const std::string& file : files) {
    PPL_CHECK(std::filesystem::exists(name) || !std::filesystem::exists(place_of(file)), place_of(file),
              ": is there already without ", path, ", and would be written over with it; name another output");
  }
  for (const std::string& file : files) {
    vsi_l_offset size = 0;
    const GByte* bytes = VSIGetMemFileBuffer((folder / file).c_str(), &size, FALSE);
    const std::string to = place_of(file);
    PPL_CHECK(bytes, to, ": cannot make the file");
    if (driver_of(path) == "GeoJSON")
      write_file(to, with_members({reinterpret_cast<const char*>(bytes), size}, layer));
    else
      write_file(to, bytes, size);
  }
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
  PPL_CHECK(is_vector_file(path), path, ": ", vector_files());
  if (extension_of(path) == ".osm") return write_file(path, osm_of(layer, path));
  PPL_CHECK(extension_of(path) != ".kml" || !layer.crs.empty(), path,
            ": KML's places are on the earth, and the masks do not say where they lie; --images names images that do");
  GdalMessages messages;
  const MemoryFolder folder;
  const std::string file = std::filesystem::path(path).filename().string();
  CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", "2020-01-01T00:00:00.000Z");  // a GeoPackage notes when it was made
  const bool made = make(folder / file, layer, driver_of(path));
  CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", nullptr);
  PPL_CHECK(made && !messages.failed(), path, ": cannot make the file: ", messages.text());
  write_files(path, layer, folder);
}

bool is_vector_file(const std::string& path) {
  if (extension_of(path) == ".osm") return true;
  const GdalMessages messages;
  return !driver_of(path).empty();
}

}  // namespace ppl
