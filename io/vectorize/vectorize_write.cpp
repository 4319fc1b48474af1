#include <algorithm>
#include <cmath>
#include <cstdio>

#include "io/file.h"
#include "io/tables/layers/vector_file.h"
#include "io/tables/wkt.h"
#include "io/vectorize/vectorize.h"

namespace ppl::vectorize {
namespace {

constexpr int kDigits = 2;  // of pixels, in tables

// SpaceNet's reference scorer takes everything before the first comma as the id, quotes included.
void check_id(const std::string& id) {
  PPL_CHECK(!id.empty() && id[0] != '#' && id.find_first_of(",\"\r\n") == std::string::npos, "the id '", id,
            "' cannot stand in a SpaceNet table");
}

std::string six_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string roads_table(const std::vector<VectorizedImage>& images) {
  std::string text = "ImageId,WKT_Pix\n";
  for (const VectorizedImage& image : images) {
    check_id(image.id);
    if (image.roads.empty()) text += cat(image.id, ",LINESTRING EMPTY\n");
    for (const Line& road : image.roads) text += cat(image.id, ",\"", to_wkt(road, kDigits), "\"\n");
  }
  return text;
}

std::string buildings_table(const std::vector<VectorizedImage>& images) {
  std::string text = "ImageId,BuildingId,PolygonWKT_Pix,Confidence\n";
  for (const VectorizedImage& image : images) {
    check_id(image.id);
    if (image.buildings.empty()) text += cat(image.id, ",-1,POLYGON EMPTY,1\n");
    for (size_t i = 0; i < image.buildings.size(); ++i) {
      text += cat(image.id, ",", i, ",\"", to_wkt(image.buildings[i], kDigits), "\",", six_digits(image.confidence[i]),
                  "\n");
    }
  }
  return text;
}

// Where the images lie, or nothing where they are to stay in pixels. Error where they differ.
std::string common_crs(const std::string& path, const std::vector<VectorizedImage>& images) {
  const auto crs_of = [](const VectorizedImage& image) { return image.geo ? image.geo->crs : std::string(); };
  const std::string crs = images.empty() ? std::string() : crs_of(images[0]);
  for (const VectorizedImage& image : images) {
    PPL_CHECK(crs_of(image) == crs, path, ": ", image.id, " has another coordinate system than ", images[0].id,
              "; a layer has one");
  }
  return crs;
}

double length_on(const GroundPixel& pixel, const Line& line) {
  double sum = 0;
  for (size_t i = 0; i + 1 < line.size(); ++i)
    sum += std::hypot((line[i + 1].x - line[i].x) * pixel.width, (line[i + 1].y - line[i].y) * pixel.height);
  return sum;
}

VectorLayer make_layer(const std::string& path, const std::vector<VectorizedImage>& images, bool polygons,
                       const Metadata& metadata) {
  const auto all = [&](const auto& has) { return std::all_of(images.begin(), images.end(), has); };
  const bool metres = all([](const VectorizedImage& image) { return image.pixel.has_value(); });
  const bool confidence =
      all([](const VectorizedImage& i) { return i.confidence.size() == std::max(i.roads.size(), i.buildings.size()); });
  const std::string unit = metres ? "m" : "px";
  VectorLayer layer{polygons ? "buildings" : "roads", common_crs(path, images), polygons, {}, {}, metadata};
  layer.fields = polygons ? std::vector<std::string>{"area_" + unit + "2"}
                          : std::vector<std::string>{"length_" + unit, "width_" + unit};
  if (confidence) layer.fields.emplace_back("confidence");
  for (const VectorizedImage& image : images) {
    const GeoReference geo = image.geo.value_or(GeoReference{});
    const GroundPixel pixel = metres ? *image.pixel : GroundPixel{1, 1};
    const size_t count = polygons ? image.buildings.size() : image.roads.size();
    // A feature without a geometry says that the image was looked at.
    if (count == 0) layer.features.push_back({image.id, 0, {}, {}, {}});
    for (size_t i = 0; i < count; ++i) {
      VectorFeature& feature = layer.features.emplace_back();
      feature.image = image.id;
      feature.number = static_cast<int64_t>(i);
      if (polygons) {
        feature.values = {area(image.buildings[i]) * pixel.width * pixel.height};
        feature.polygon = to_world(geo, image.buildings[i]);
      } else {
        feature.values = {length_on(pixel, image.roads[i]), image.widths[i] * pixel.mean()};
        feature.line = to_world(geo, image.roads[i]);
      }
      if (confidence) feature.values.push_back(image.confidence[i]);
    }
  }
  return layer;
}

void write(const std::string& path, const std::vector<VectorizedImage>& images, bool polygons,
           const Metadata& metadata) {
  if (!path.ends_with(".csv")) {
    write_vectors(path, make_layer(path, images, polygons, metadata));
  } else {
    write_file(path, polygons ? buildings_table(images) : roads_table(images));
  }
}

}  // namespace

void check_outputs(const std::vector<std::string>& paths) {
  for (const std::string& path : paths)
    PPL_CHECK(path.ends_with(".csv") || is_vector_file(path), path, ": ", vector_files(), " (.csv: SpaceNet's table)");
}

void write_roads(const std::vector<std::string>& paths, const std::vector<VectorizedImage>& images,
                 const Metadata& metadata) {
  for (const std::string& path : paths) write(path, images, false, metadata);
}

void write_buildings(const std::vector<std::string>& paths, const std::vector<VectorizedImage>& images,
                     const Metadata& metadata) {
  for (const std::string& path : paths) write(path, images, true, metadata);
}

}  // namespace ppl::vectorize
