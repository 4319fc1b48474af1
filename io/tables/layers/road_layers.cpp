#include "io/tables/layers/road_layers.h"

#include <cmath>
#include <filesystem>

#include "io/tables/csv.h"
#include "io/tables/image_id.h"
#include "io/tables/image_places.h"
#include "io/tables/layers/layer_files.h"
#include "kernels/base.h"

namespace ppl {
namespace fs = std::filesystem;
namespace {

struct DestroyTransformation {
  void operator()(OGRCoordinateTransformation* t) const { OCTDestroyCoordinateTransformation(t); }
};

// From a layer's coordinates to pixels.
class ToPixels {
 public:
  ToPixels() = default;  // they are pixels

  ToPixels(const GeoReference& reference, const OGRSpatialReference* layer, const std::string& path) {
    std::array<double, 6> forward = reference.transform;
    PPL_CHECK(GDALInvGeoTransform(forward.data(), inverse_.data()), path, ": the image's transform has no inverse");
    if (!layer || reference.crs.empty()) return;
    OGRSpatialReference from(*layer), to;
    PPL_CHECK(to.SetFromUserInput(reference.crs.c_str()) == OGRERR_NONE, path, ": coordinate system '", reference.crs,
              "' is not known: ", CPLGetLastErrorMsg());
    from.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    to.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    if (from.IsSame(&to)) return;
    transformation_.reset(OGRCreateCoordinateTransformation(&from, &to));
    PPL_CHECK(transformation_, path, ": no way from its coordinate system to the image's: ", CPLGetLastErrorMsg());
  }

  Point operator()(double x, double y) const {
    if (transformation_ && !transformation_->Transform(1, &x, &y)) return {HUGE_VAL, HUGE_VAL};
    return {inverse_[0] + x * inverse_[1] + y * inverse_[2], inverse_[3] + x * inverse_[4] + y * inverse_[5]};
  }

 private:
  std::array<double, 6> inverse_{0, 1, 0, 0, 0, 1};
  std::unique_ptr<OGRCoordinateTransformation, DestroyTransformation> transformation_;
};

// The ways from one layer's coordinates to the pixels of its images.
class Ways {
 public:
  Ways(const std::string& path, OGRLayer& layer, const RoadLayerOptions& options, std::optional<ImagePlaces>& images,
       HeldRoads& roads)
      : path_(path), layer_(layer), options_(options), images_(images), roads_(roads) {}

  const ToPixels& of(const std::string& id) {
    const auto known = ways_.find(id);
    return known != ways_.end() ? known->second : ways_.emplace(id, make(id)).first->second;
  }

 private:
  ToPixels make(const std::string& id) {
    if (options_.pixels || is_in_pixels(layer_)) return {};
    const GeoReference place = place_of(id);
    roads_.set_place(id, place);
    return {place, layer_.GetSpatialRef(), path_};
  }

  GeoReference place_of(const std::string& id) {
    if (options_.reference) return *options_.reference;
    if (options_.images.empty()) {
      if (const std::string beside = image_beside(path_); !beside.empty()) return required_georeference(beside);
    } else {
      if (!images_) images_.emplace(options_.images);
      if (const auto place = images_->find(id)) return *place;
    }
    PPL_CHECK(options_.otherwise, path_, ": nothing says how its coordinates become pixels: no image ",
              options_.images.empty() ? "beside it"
                                      : cat("of image '", id, "' in ", options_.images, " that says where it lies"),
              "; --images or --transform say it, --pixels where they are pixels");
    return *options_.otherwise;
  }

  const std::string& path_;
  OGRLayer& layer_;
  const RoadLayerOptions& options_;
  std::optional<ImagePlaces>& images_;
  HeldRoads& roads_;
  std::map<std::string, ToPixels> ways_;
};

void add_line(const OGRLineString& line, const ToPixels& to_pixels, const RowPlace& place, ImageRoads& roads) {
  RoadLine road{{}, place};
  for (int i = 0; i < line.getNumPoints(); ++i) {
    road.points.push_back(to_pixels(line.getX(i), line.getY(i)));
    if (std::isfinite(road.points.back().x) && std::isfinite(road.points.back().y)) continue;
    roads.bad.push_back({place, cat("point ", i + 1, " has no place in the image")});
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

// Whether the layer's features name their images.
bool read_layer(OGRLayer& layer, const std::string& own, uint32_t file, Ways&& ways, HeldRoads& roads) {
  const int id_field = find_image_field(layer);
  // Also where the layer is empty: an image without roads.
  if (id_field < 0) ways.of(own), roads.image(own);
  uint64_t row = 0;
  layer.ResetReading();
  while (const OGRFeatureUniquePtr feature{layer.GetNextFeature()}) {
    const std::string name = text_of(*feature, id_field);
    const std::string id = is_blank(name) ? own : image_id_of(name);
    const OGRGeometry* geometry = feature->GetGeometryRef();
    const RowPlace place{file, ++row};
    if (!is_blank(name) && (!geometry || geometry->IsEmpty())) {
      roads.image(id).lines.push_back({{}, place});
    } else {
      add_geometry(geometry, ways.of(id), place, roads.image(id));
    }
  }
  return id_field >= 0;
}

}  // namespace

std::unique_ptr<RoadSource> read_road_layers(const std::vector<std::string>& paths, const RoadLayerOptions& options) {
  auto roads = std::make_unique<HeldRoads>();
  std::optional<ImagePlaces> images;                  // of options.images
  std::map<std::string, std::string> named_by_files;  // id and file
  for (const std::string& path : paths) {
    const GdalMessages messages;
    const OgrFile data = open_layers(path, "a layer of roads", messages);
    const uint32_t file = roads->add_file(path);
    const std::string own = image_id_of(fs::path(path).filename().string());
    bool named = false;
    for (OGRLayer* layer : feature_layers(*data, path)) {
      if (!options.pixels) check_degrees(*layer, path);
      named = read_layer(*layer, own, file, Ways(path, *layer, options, images, *roads), *roads) || named;
    }
    check_read_to_its_end(path, messages);
    if (named) continue;
    const auto [other, fresh] = named_by_files.emplace(own, path);
    PPL_CHECK(fresh, path, ": names image '", own, "', as ", other->second, " does");
    if (paths.size() == 1) roads->set_unnamed();
  }
  roads->sort();
  return roads;
}

}  // namespace ppl
