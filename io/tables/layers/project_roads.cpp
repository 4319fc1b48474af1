#include "io/tables/layers/project_roads.h"

#include <cpl_error.h>
#include <ogr_spatialref.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "kernels/base.h"

namespace ppl {
namespace {

struct DestroyTransformation {
  void operator()(OGRCoordinateTransformation* t) const { OCTDestroyCoordinateTransformation(t); }
};

class ProjectedRoads : public RoadSource {
 public:
  ProjectedRoads(std::unique_ptr<RoadSource> roads, const GeoReference& reference, double unit)
      : roads_(std::move(roads)), transform_(reference.transform), unit_(unit) {
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRSpatialReference from, to;
    const bool known = !reference.crs.empty() && from.SetFromUserInput(reference.crs.c_str()) == OGRERR_NONE;
    CPLPopErrorHandler();
    PPL_CHECK(known, "coordinate system '", reference.crs, "' is not known; metres need one (--crs)");
    if (!from.IsGeographic()) {
      origin_ = metres({0, 0});
      return;
    }
    from.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    const int zone = static_cast<int>(std::clamp(std::floor((transform_[0] + 180) / 6), 0.0, 59.0)) + 1;
    to.SetWellKnownGeogCS("WGS84");
    to.SetUTM(zone, transform_[3] >= 0);
    to.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    transformation_.reset(OGRCreateCoordinateTransformation(&from, &to));
    PPL_CHECK(transformation_, "no way from ", reference.crs, " to UTM zone ", zone, ": ", CPLGetLastErrorMsg());
    origin_ = metres({0, 0});
  }

  size_t size() const override { return roads_->size(); }
  std::string_view id(size_t image) const override { return roads_->id(image); }
  const std::vector<BadRow>& stray_rows() const override { return roads_->stray_rows(); }
  const std::string& file(uint32_t number) const override { return roads_->file(number); }
  bool is_unnamed() const override { return roads_->is_unnamed(); }

  ImageRoads read(size_t image) const override {
    ImageRoads result = roads_->read(image);
    for (RoadLine& line : result.lines) {
      for (Point& p : line.points) {
        const Point m = metres(p);
        p = {(m.x - origin_.x) / unit_, (origin_.y - m.y) / unit_};
      }
    }
    return result;
  }

 private:
  Point metres(Point p) const {
    double x = transform_[0] + p.x * transform_[1] + p.y * transform_[2];
    double y = transform_[3] + p.x * transform_[4] + p.y * transform_[5];
    if (transformation_) {
      const std::lock_guard lock(mutex_);  // PROJ's objects are for one thread
      PPL_CHECK(transformation_->Transform(1, &x, &y), "no place in UTM for pixel (", p.x, " ", p.y, ")");
    }
    return {x, y};
  }

  std::unique_ptr<RoadSource> roads_;
  std::array<double, 6> transform_;
  double unit_;
  std::unique_ptr<OGRCoordinateTransformation, DestroyTransformation> transformation_;
  Point origin_;
  mutable std::mutex mutex_;
};

}  // namespace

std::unique_ptr<RoadSource> project_roads(std::unique_ptr<RoadSource> roads, const GeoReference& reference,
                                          double unit) {
  return std::make_unique<ProjectedRoads>(std::move(roads), reference, unit);
}

}  // namespace ppl
