// Stands in for vector_write.cpp, vector_read.cpp and tiff_parts.cpp in builds without GDAL.
#include "io/vector/tiff_parts.h"
#include "io/vector/vector_file.h"
#include "kernels/base.h"

namespace ppl {
namespace {
[[noreturn]] void missing(const std::string& where) {
  throw Error(cat(where, ": this build has no GDAL, so it cannot read or write GeoJSON, GeoPackage and TIFF files"));
}
}  // namespace

Point to_world(const GeoReference&, Point p) { return p; }
Line to_world(const GeoReference&, const Line& line) { return line; }
Polygon to_world(const GeoReference&, const Polygon& polygon) { return polygon; }
bool is_vector_file(const std::string& path) {
  return path.ends_with(".geojson") || path.ends_with(".json") || path.ends_with(".gpkg") || path.ends_with(".fgb");
}
void write_vectors(const std::string& path, const VectorLayer&) { missing(path); }
ReadPolygons read_polygons(const std::string& path) { missing(path); }

struct TiffParts::Open {};
TiffParts::TiffParts(const std::string& path) { missing(path); }
TiffParts::~TiffParts() = default;
int64_t TiffParts::strip_rows(int64_t) const { missing(path_); }
Image TiffParts::read(int64_t, int64_t, int64_t, int64_t) const { missing(path_); }
std::vector<float> TiffParts::read_probabilities(int64_t, int64_t, int64_t, int64_t) const { missing(path_); }

}  // namespace ppl
