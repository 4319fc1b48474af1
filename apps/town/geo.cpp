#include "apps/town/geo.h"

#include <cpl_error.h>
#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <array>
#include <memory>
#include <mutex>
#include <opencv2/imgproc.hpp>

#include "kernels/base.h"

namespace ppl::synthetic {
namespace {

// GDAL prints errors by itself otherwise; ours carry its message.
struct QuietGdal {
  QuietGdal() { CPLPushErrorHandler(CPLQuietErrorHandler); }
  ~QuietGdal() { CPLPopErrorHandler(); }
};

OGRSpatialReference reference(int epsg) {
  OGRSpatialReference result;
  PPL_CHECK(result.importFromEPSG(epsg) == OGRERR_NONE, "EPSG:", epsg,
            ": not in PROJ's database: ", CPLGetLastErrorMsg());
  result.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return result;
}

struct CloseDataset {
  void operator()(GDALDataset* dataset) const { GDALClose(dataset); }
};

}  // namespace

std::vector<Point> to_wgs84(const std::vector<Point>& points) {
  const QuietGdal quiet;
  const OGRSpatialReference utm = reference(kEpsg), wgs84 = reference(4326);
  struct Destroy {
    void operator()(OGRCoordinateTransformation* t) const { OCTDestroyCoordinateTransformation(t); }
  };
  const std::unique_ptr<OGRCoordinateTransformation, Destroy> transform(
      OGRCreateCoordinateTransformation(&utm, &wgs84));
  PPL_CHECK(transform, "no transformation from EPSG:", kEpsg, " to WGS 84: ", CPLGetLastErrorMsg());
  std::vector<double> x, y;
  for (const Point p : points) x.push_back(kEast + p.x), y.push_back(kNorth - p.y);
  PPL_CHECK(transform->Transform(static_cast<int>(points.size()), x.data(), y.data()),
            "transformation to WGS 84 failed: ", CPLGetLastErrorMsg());
  std::vector<Point> result;
  for (size_t i = 0; i < points.size(); ++i) result.emplace_back(x[i], y[i]);
  return result;
}

void write_geotiff(const std::string& path, const cv::Mat& image, const Window& window) {
  static std::once_flag once;
  std::call_once(once, GDALAllRegister);
  const QuietGdal quiet;
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  PPL_CHECK(driver, path, ": this GDAL cannot write GeoTIFF");
  const char* options[] = {"COMPRESS=DEFLATE", "PREDICTOR=2", "INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB", nullptr};
  std::unique_ptr<GDALDataset, CloseDataset> file(
      driver->Create(path.c_str(), image.cols, image.rows, 3, GDT_Byte, const_cast<char**>(options)));
  PPL_CHECK(file, path, ": cannot be written: ", CPLGetLastErrorMsg());
  std::array<double, 6> transform{kEast + window.origin.x, window.metres, 0, kNorth - window.origin.y, 0,
                                  -window.metres};
  OGRSpatialReference utm = reference(kEpsg);
  cv::Mat rgb_order;
  cv::cvtColor(image, rgb_order, cv::COLOR_BGR2RGB);
  const bool written =
      file->SetGeoTransform(transform.data()) == CE_None && file->SetSpatialRef(&utm) == CE_None &&
      file->RasterIO(GF_Write, 0, 0, image.cols, image.rows, rgb_order.data, image.cols, image.rows, GDT_Byte, 3,
                     nullptr, 3, static_cast<int64_t>(rgb_order.step), 1, nullptr) == CE_None;
  file->FlushCache();
  PPL_CHECK(written && CPLGetLastErrorType() < CE_Failure, path, ": cannot be written: ", CPLGetLastErrorMsg());
}

}  // namespace ppl::synthetic
