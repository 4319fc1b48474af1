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

VectorLayer make_layer(const std::string& path, const std::vector<VectorizedImage>& images, bool polygons) {
  VectorLayer layer{
      polygons ? "buildings" : "roads", common_crs(path, images), polygons, polygons ? "confidence" : "length_px", {}};
  for (const VectorizedImage& image : images) {
    const GeoReference geo = image.geo.value_or(GeoReference{});
    // A feature without a geometry says that the image was looked at.
    if (polygons ? image.buildings.empty() : image.roads.empty()) layer.features.push_back({image.id, 0, 0, {}, {}});
    for (size_t i = 0; i < image.roads.size() && !polygons; ++i) {
      layer.features.push_back(
          {image.id, static_cast<int64_t>(i), line_length(image.roads[i]), to_world(geo, image.roads[i]), {}});
    }
    for (size_t i = 0; i < image.buildings.size() && polygons; ++i) {
      layer.features.push_back(
          {image.id, static_cast<int64_t>(i), image.confidence[i], {}, to_world(geo, image.buildings[i])});
    }
  }
  return layer;
}

void write(const std::string& path, const std::vector<VectorizedImage>& images, bool polygons) {
  if (!path.ends_with(".csv")) {
    write_vectors(path, make_layer(path, images, polygons));
  } else {
    write_file(path, polygons ? buildings_table(images) : roads_table(images));
  }
}

}  // namespace

void check_outputs(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    PPL_CHECK(path.ends_with(".csv") || is_vector_file(path), path,
              ": expected a name that ends with .csv, .geojson, .json, .gpkg or .fgb");
  }
}

void write_roads(const std::vector<std::string>& paths, const std::vector<VectorizedImage>& images) {
  for (const std::string& path : paths) write(path, images, false);
}

void write_buildings(const std::vector<std::string>& paths, const std::vector<VectorizedImage>& images) {
  for (const std::string& path : paths) write(path, images, true);
}

}  // namespace ppl::vectorize
