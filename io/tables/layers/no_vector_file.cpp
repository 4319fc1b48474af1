// Stands in for vector_write.cpp and vector_read.cpp in builds without GDAL.
#include "io/tables/layers/vector_file.h"
#include "kernels/base.h"

namespace ppl {
namespace {
[[noreturn]] void missing(const std::string& where) {
  throw Error(cat(where, ": this build has no GDAL, so it cannot read or write GeoJSON and GeoPackage files"));
}
}  // namespace

Point to_world(const GeoReference&, Point p) { return p; }
Line to_world(const GeoReference&, const Line& line) { return line; }
Polygon to_world(const GeoReference&, const Polygon& polygon) { return polygon; }
void write_vectors(const std::string& path, const VectorLayer&) { missing(path); }
bool is_vector_file(const std::string&) { return false; }
ReadPolygons read_polygons(const std::string& path, bool) { missing(path); }

}  // namespace ppl
