#include "io/maps/ogr/layers.h"

#include <algorithm>
#include <filesystem>

#include "kernels/base.h"

namespace ppl {

std::vector<std::string> drivers_of_plain_files() {
  static const char* const kFollowing[] = {"OGR_VRT", "VRT", "OSM",   "WFS", "OAPIF",
                                           "HTTP",    "CSW", "GMLAS", "GML", "DERIVED"};
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

OgrFile open_ogr(const std::string& path, const std::vector<std::string>& drivers, const std::string& what,
                 const GdalMessages& messages) {
  // A name that is no file could be a connection string.
  PPL_CHECK(std::filesystem::exists(path), path, ": no such file");
  std::vector<const char*> names;
  for (const std::string& name : drivers) names.push_back(name.c_str());
  names.push_back(nullptr);
  OgrFile file(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, names.data()));
  PPL_CHECK(file, path, ": cannot be read as ", what, ": ",
            messages.text().empty() ? "of no format that is read" : messages.text());
  return file;
}

void check_read_to_its_end(const std::string& path, const GdalMessages& messages) {
  PPL_CHECK(!messages.failed(), path, ": damaged or incomplete: ", messages.text());
}

std::string wkt_of(const OGRSpatialReference* reference) {
  if (reference == nullptr) return "";
  char* text = nullptr;
  const char* const options[] = {"FORMAT=WKT2", nullptr};
  reference->exportToWkt(&text, options);
  std::string wkt = text == nullptr ? "" : text;
  CPLFree(text);
  return wkt;
}

bool only_polygons(OGRLayer& layer) {
  const OGRwkbGeometryType type = wkbFlatten(layer.GetGeomType());
  return type == wkbPolygon || type == wkbMultiPolygon;
}

std::string text_of(const OGRFeature& feature, int field) {
  if (field < 0 || !feature.IsFieldSetAndNotNull(field)) return "";
  const OGRFieldType type = feature.GetFieldDefnRef(field)->GetType();
  const bool list = type == OFTStringList || type == OFTIntegerList || type == OFTInteger64List || type == OFTRealList;
  if (!list) return feature.GetFieldAsString(field);
  // "(2:first,second)"
  const std::string text = feature.GetFieldAsString(field);
  const size_t from = text.find(':') + 1;
  return text.substr(from, text.find_first_of(",)", from) - from);
}

}  // namespace ppl
