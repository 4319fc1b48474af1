// Stands in for projection.cpp and ogr_source.cpp in builds without GDAL.
#include "io/vector/projection.h"
#include "io/vector/source.h"
#include "kernels/base.h"

namespace ppl {
namespace {
[[noreturn]] void missing() {
  throw Error("this build has no GDAL, so it knows no coordinate systems and reads no OGR files");
}
}  // namespace

std::string crs_from_text(const std::string&, const std::string&) { missing(); }
std::string crs_of_epsg(int) { missing(); }
double meridian_period(const std::string&) { missing(); }

struct Projection::Transformation {};
Projection::Projection(const std::string&, const std::string&) { missing(); }
Projection::~Projection() = default;
Projection::Projection(Projection&&) noexcept = default;
Projection& Projection::operator=(Projection&&) noexcept = default;
void Projection::apply(Line&) { missing(); }
Point Projection::apply(Point) { missing(); }

SourceReport read_ogr(const std::string&, const MapRequest&, const OgrFields&, std::vector<FeatureLayer>&) {
  missing();
}

}  // namespace ppl
