#include "io/vector/projection.h"

#include <ogr_spatialref.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "io/gdal_messages.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr double kEquatorialRadius = 6378137;

OGRSpatialReference reference_of(const std::string& wkt) {
  const GdalMessages messages;
  OGRSpatialReference reference;
  PPL_CHECK(!wkt.empty() && reference.importFromWkt(wkt.c_str()) == OGRERR_NONE, "no coordinate system in '",
            wkt.substr(0, 60), "': ", messages.text());
  reference.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return reference;
}

std::string wkt_of(const OGRSpatialReference& reference) {
  char* text = nullptr;
  const char* const options[] = {"FORMAT=WKT2", nullptr};
  reference.exportToWkt(&text, options);
  std::string wkt = text == nullptr ? "" : text;
  CPLFree(text);
  return wkt;
}

}  // namespace

struct Projection::Transformation {
  struct Destroy {
    void operator()(OGRCoordinateTransformation* t) const { OCTDestroyCoordinateTransformation(t); }
  };
  std::unique_ptr<OGRCoordinateTransformation, Destroy> steps;
  std::vector<double> x, y;
  std::vector<int> done;
};

std::string crs_from_text(const std::string& text, const std::string& where) {
  const GdalMessages messages;
  OGRSpatialReference reference;
  const char* const options[] = {"ALLOW_NETWORK_ACCESS=NO", "ALLOW_FILE_ACCESS=NO", nullptr};
  PPL_CHECK(!text.empty() && reference.SetFromUserInput(text.c_str(), options) == OGRERR_NONE, where,
            ": expected a coordinate system such as EPSG:32632, got '", text.substr(0, 60), "'");
  PPL_CHECK(reference.IsGeographic() || reference.IsProjected(), where, ": the coordinate system '", text.substr(0, 60),
            "' is neither geographic nor projected");
  return wkt_of(reference);
}

std::string crs_of_epsg(int code) { return crs_from_text(cat("EPSG:", code), "coordinate systems"); }

double meridian_period(const std::string& crs) {
  const OGRSpatialReference reference = reference_of(crs);
  if (reference.IsGeographic()) return 360 * (std::numbers::pi / 180) / reference.GetAngularUnits();
  const char* const method = reference.GetAttrValue("PROJECTION");
  if (method == nullptr || std::string(method).find("ercator") == std::string::npos ||
      std::string(method).starts_with("Transverse")) {
    return 0;
  }
  return 2 * std::numbers::pi * kEquatorialRadius / reference.GetLinearUnits();
}

Projection::Projection(const std::string& from, const std::string& to) {
  if (from == to && !from.empty()) return;
  const OGRSpatialReference a = reference_of(from), b = reference_of(to);
  const GdalMessages messages;
  if (a.IsSame(&b)) return;
  transformation_ = std::make_unique<Transformation>();
  transformation_->steps.reset(OGRCreateCoordinateTransformation(&a, &b));
  PPL_CHECK(transformation_->steps, "no way from coordinate system ", a.GetName(), " to ", b.GetName(), ": ",
            messages.text());
}
Projection Projection::inverse() const {
  Projection back;
  if (!transformation_) return back;
  const GdalMessages messages;
  back.transformation_ = std::make_unique<Transformation>();
  back.transformation_->steps.reset(transformation_->steps->GetInverse());
  PPL_CHECK(back.transformation_->steps, "no way back between two coordinate systems: ", messages.text());
  return back;
}
Projection::~Projection() = default;
Projection::Projection(Projection&&) noexcept = default;
Projection& Projection::operator=(Projection&&) noexcept = default;

void Projection::apply(Line& points) {
  if (!transformation_ || points.empty()) return;
  const GdalMessages messages;
  auto& [steps, x, y, done] = *transformation_;
  x.resize(points.size());
  y.resize(points.size());
  done.resize(points.size());
  for (size_t i = 0; i < points.size(); ++i) x[i] = points[i].x, y[i] = points[i].y;
  steps->Transform(static_cast<int>(points.size()), x.data(), y.data(), nullptr, done.data());
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  for (size_t i = 0; i < points.size(); ++i) {
    const bool good = done[i] && std::isfinite(x[i]) && std::isfinite(y[i]);
    points[i] = good ? Point{x[i], y[i]} : Point{kNothing, kNothing};
  }
}

Point Projection::apply(Point p) {
  Line one{p};
  apply(one);
  return one[0];
}

}  // namespace ppl
