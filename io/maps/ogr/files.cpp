#include "io/maps/ogr/files.h"

#include <cpl_string.h>
#include <cpl_vsi.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "kernels/base.h"

namespace ppl {
namespace {
namespace fs = std::filesystem;

OgrFile open_as(const std::string& name, const std::vector<std::string>& drivers, char** options) {
  std::vector<const char*> names;
  for (const std::string& driver : drivers) names.push_back(driver.c_str());
  names.push_back(nullptr);
  return OgrFile(GDALDataset::Open(name.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, names.data(), options));
}

std::string reason(const GdalMessages& messages) {
  return messages.text().empty() ? "of no format that is read" : messages.text();
}

// With the columns of geometries that are known, which are not kept as attributes.
OgrFile open_table(const std::string& name) {
  std::string columns;
  for (const std::string& column : geometry_columns()) columns += (columns.empty() ? "" : ",") + column;
  CPLStringList options;
  options.SetNameValue("GEOM_POSSIBLE_NAMES", columns.c_str());
  options.SetNameValue("KEEP_GEOM_COLUMNS", "NO");
  return open_as("CSV:" + name, {"CSV"}, options.List());
}

std::string lower_extension(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension;
}

// Files with vectors of a zip archive.
std::set<std::string> members_of(const std::string& path) {
  static const std::set<std::string> kVectors{".shp", ".gpkg", ".geojson", ".json",   ".geojsonl", ".geojsonseq",
                                              ".fgb", ".csv",  ".tsv",     ".kml",    ".sqlite",   ".gpx",
                                              ".tab", ".mif",  ".dxf",     ".ndjson", ".geojsons", ".parquet"};
  const std::string root = "/vsizip/{" + fs::absolute(path).string() + "}";
  std::set<std::string> members;
  const CPLStringList names(VSIReadDirRecursive(root.c_str()));
  for (int i = 0; i < names.size(); ++i) {
    const std::string name = names[i], extension = lower_extension(name);
    if (name.starts_with("__MACOSX") || fs::path(name).filename().string().starts_with(".")) continue;
    PPL_CHECK(extension != ".osm" && extension != ".pbf" && extension != ".osc", path, ": holds ", name,
              "; OSM files are not read out of a zip archive: unpack it first");
    if (kVectors.contains(extension)) members.insert(root + "/" + name);
  }
  return members;
}

bool is_zip(const std::string& path) {
  VSILFILE* file = VSIFOpenL(path.c_str(), "rb");
  if (file == nullptr) return false;
  char begin[4] = {};
  const bool whole = VSIFReadL(begin, 1, 4, file) == 4;
  VSIFCloseL(file);
  return whole && std::string_view(begin, 4) == "PK\x03\x04";
}

OgrFile open_one(const std::string& name, const MapFile& format, const GdalMessages& messages,
                 const std::string& where) {
  OgrFile file;
  if (format.format == MapFormat::geojson_lines) {
    file = open_as("GeoJSONSeq:" + name, {"GeoJSONSeq"}, nullptr);
  } else if (format.format == MapFormat::table) {
    file = open_table(name);
  } else {
    file = open_as(name, drivers_of_plain_files(), nullptr);
  }
  PPL_CHECK(file || !format.parquet, where, ": is Parquet, which GDAL was built without here; make it a GeoPackage ",
            "(geopandas, DuckDB, ogr2ogr)");
  PPL_CHECK(file, where, ": cannot be read as lines or polygons: ", reason(messages));
  return file;
}

// The beginning of a file in an archive.
MapFile format_of_member(const std::string& name) {
  VSILFILE* file = VSIFOpenL(name.c_str(), "rb");
  if (file == nullptr) return {};
  std::string head(1 << 16, '\0');
  const size_t size = VSIFReadL(head.data(), 1, head.size(), file);
  VSIFCloseL(file);
  return map_format_of(std::string_view(head).substr(0, size), size < head.size(), name);
}

}  // namespace

std::vector<OpenedMap> open_map(const std::string& path, const MapFile& format, const GdalMessages& messages) {
  std::vector<OpenedMap> opened;
  if (format.format == MapFormat::other && format.packing == Packing::none && is_zip(path)) {
    // Without any, such as in a packed File Geodatabase, it is GDAL's own affair.
    const std::set<std::string> members = members_of(path);
    for (const std::string& member : members) {
      const std::string where = members.size() == 1 ? path : cat(path, ", ", fs::path(member).filename().string());
      opened.push_back({where, open_one(member, format_of_member(member), messages, where)});
    }
    if (!opened.empty()) return opened;
  }
  const std::string plain = fs::absolute(path).string();
  const std::string name = format.packing == Packing::gzip ? "/vsigzip/" + plain : path;
  opened.push_back({path, open_one(name, format, messages, path)});
  return opened;
}

}  // namespace ppl
