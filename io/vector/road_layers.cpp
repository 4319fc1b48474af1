#include "io/vector/road_layers.h"

#include <cpl_error.h>
#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <cmath>
#include <filesystem>
#include <mutex>

#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;
namespace {

// GDAL prints errors by itself otherwise; ours carry its message.
struct QuietGdal {
  QuietGdal() {
    static std::once_flag once;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    std::call_once(once, [] { GDALAllRegister(); });
    CPLErrorReset();
  }
  ~QuietGdal() { CPLPopErrorHandler(); }
};

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};
struct DestroyTransformation {
  void operator()(OGRCoordinateTransformation* t) const { OCTDestroyCoordinateTransformation(t); }
};

// From a layer's coordinates to pixels.
class ToPixels {
 public:
  ToPixels() = default;  // they are pixels

  ToPixels(const GeoReference& reference, const OGRSpatialReference* layer, const std::string& path) {
    std::array<double, 6> forward = reference.transform;
    PPL_CHECK(GDALInvGeoTransform(forward.data(), inverse_.data()), path, ": the picture's transform has no inverse");
    if (!layer || reference.crs.empty()) return;
    OGRSpatialReference from(*layer), to;
    PPL_CHECK(to.SetFromUserInput(reference.crs.c_str()) == OGRERR_NONE, path, ": coordinate system '", reference.crs,
              "' is not known: ", CPLGetLastErrorMsg());
    from.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    to.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    if (from.IsSame(&to)) return;
    transformation_.reset(OGRCreateCoordinateTransformation(&from, &to));
    PPL_CHECK(transformation_, path, ": no way from its coordinate system to the picture's: ", CPLGetLastErrorMsg());
  }

  PixelPoint operator()(double x, double y) const {
    if (transformation_ && !transformation_->Transform(1, &x, &y)) return {HUGE_VAL, HUGE_VAL};
    return {inverse_[0] + x * inverse_[1] + y * inverse_[2], inverse_[3] + x * inverse_[4] + y * inverse_[5]};
  }

 private:
  std::array<double, 6> inverse_{0, 1, 0, 0, 0, 1};
  std::unique_ptr<OGRCoordinateTransformation, DestroyTransformation> transformation_;
};

bool is_tiff(const fs::path& path) {
  const std::string ending = lower_ending(path.string());
  return ending == ".tif" || ending == ".tiff";
}

// The picture that says how pixels lie; empty where there is none.
std::string picture_of(const std::string& layer, const RoadLayerOptions& options) {
  if (options.images.empty()) {
    for (const char* ending : {".tif", ".tiff", ".TIF"}) {
      const fs::path beside = fs::path(layer).replace_extension(ending);
      if (fs::is_regular_file(beside)) return beside.string();
    }
    return "";
  }
  if (!fs::is_directory(options.images)) return options.images;
  const std::string id = image_id_of(layer);
  for (const fs::directory_entry& entry : fs::directory_iterator(options.images)) {
    if (is_tiff(entry.path()) && image_id_of(entry.path().string()) == id) return entry.path().string();
  }
  return "";
}

ToPixels to_pixels(const std::string& path, const OGRSpatialReference* layer, const RoadLayerOptions& options) {
  if (options.pixels) return {};
  if (options.reference) return {*options.reference, layer, path};
  const std::string picture = picture_of(path, options);
  PPL_CHECK(!picture.empty(), path, ": nothing says how its coordinates become pixels: no picture ",
            options.images.empty() ? "beside it" : "of its image in " + options.images,
            ", no transform given, and not said to be pixels");
  const std::optional<GeoReference> reference = read_georeference(picture);
  PPL_CHECK(reference, picture, ": expected a picture with a place on the earth, for ", path);
  return {*reference, layer, path};
}

void add_line(const OGRLineString& line, const ToPixels& to_pixels, const RowPlace& place, ImageRoads& roads) {
  RoadLine road{{}, place};
  for (int i = 0; i < line.getNumPoints(); ++i) {
    road.points.push_back(to_pixels(line.getX(i), line.getY(i)));
    if (std::isfinite(road.points.back().x) && std::isfinite(road.points.back().y)) continue;
    roads.bad.push_back({place, cat("point ", i + 1, " has no place in the picture")});
    return;
  }
  roads.lines.push_back(std::move(road));
}

void add_geometry(const OGRGeometry* geometry, const ToPixels& to_pixels, const RowPlace& place, ImageRoads& roads) {
  if (!geometry || geometry->IsEmpty()) {
    roads.bad.push_back({place, "a feature without a geometry"});
    return;
  }
  const OGRGeometryUniquePtr straight(geometry->getLinearGeometry());
  const OGRwkbGeometryType type = wkbFlatten(straight->getGeometryType());
  if (type == wkbLineString) {
    add_line(*straight->toLineString(), to_pixels, place, roads);
  } else if (type == wkbMultiLineString) {
    for (const OGRLineString* part : *straight->toMultiLineString()) add_line(*part, to_pixels, place, roads);
  } else {
    roads.bad.push_back({place, cat("expected a line, got ", geometry->getGeometryName())});
  }
}

void read_layer(OGRLayer& layer, const std::string& path, uint32_t file, const RoadLayerOptions& options,
                HeldRoads& roads) {
  const ToPixels to_pixels = ppl::to_pixels(path, layer.GetSpatialRef(), options);
  const int id_field = layer.GetLayerDefn()->GetFieldIndex("ImageId");
  if (id_field < 0) roads.image(image_id_of(path));  // also where the layer is empty: an image without roads
  uint64_t row = 0;
  layer.ResetReading();
  while (const OGRFeatureUniquePtr feature{layer.GetNextFeature()}) {
    const std::string id = id_field < 0 ? image_id_of(path) : feature->GetFieldAsString(id_field);
    add_geometry(feature->GetGeometryRef(), to_pixels, {file, ++row}, roads.image(id));
  }
  PPL_CHECK(CPLGetLastErrorType() < CE_Failure, path, ": damaged or incomplete: ", CPLGetLastErrorMsg());
}

}  // namespace

std::unique_ptr<RoadSource> read_road_layers(const std::vector<std::string>& paths, const RoadLayerOptions& options) {
  // Only these: a hostile file must not make GDAL follow names to other files or hosts.
  static const char* const kDrivers[] = {"GeoJSON", "GPKG", "FlatGeobuf", "ESRI Shapefile", nullptr};
  auto roads = std::make_unique<HeldRoads>();
  for (const std::string& path : paths) {
    const QuietGdal quiet;
    const std::unique_ptr<GDALDataset, Close> d(
        GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, kDrivers));
    PPL_CHECK(d, path, ": cannot be read as a layer of roads: ", CPLGetLastErrorMsg());
    PPL_CHECK(d->GetLayerCount() > 0, path, ": expected a layer of roads, got none");
    const uint32_t file = roads->add_file(path);
    for (int i = 0; i < d->GetLayerCount(); ++i) read_layer(*d->GetLayer(i), path, file, options, *roads);
  }
  roads->sort();
  return roads;
}

}  // namespace ppl
