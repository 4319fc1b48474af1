#include <cstdio>

#include "io/file.h"
#include "io/tables/polygon_wkt.h"
#include "io/tables/vector_file.h"
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

std::string roads_table(const std::vector<Picture>& pictures) {
  std::string text = "ImageId,WKT_Pix\n";
  for (const Picture& picture : pictures) {
    check_id(picture.id);
    if (picture.roads.empty()) text += cat(picture.id, ",LINESTRING EMPTY\n");
    for (const Line& road : picture.roads) text += cat(picture.id, ",\"", to_wkt(road, kDigits), "\"\n");
  }
  return text;
}

std::string buildings_table(const std::vector<Picture>& pictures) {
  std::string text = "ImageId,BuildingId,PolygonWKT_Pix,Confidence\n";
  for (const Picture& picture : pictures) {
    check_id(picture.id);
    if (picture.buildings.empty()) text += cat(picture.id, ",-1,POLYGON EMPTY,1\n");
    for (size_t i = 0; i < picture.buildings.size(); ++i) {
      text += cat(picture.id, ",", i, ",\"", to_wkt(picture.buildings[i], kDigits), "\",",
                  six_digits(picture.confidence[i]), "\n");
    }
  }
  return text;
}

// Where the pictures lie, or nothing where they are to stay in pixels. Error where they differ.
std::string common_crs(const std::string& path, const std::vector<Picture>& pictures) {
  const auto crs_of = [](const Picture& picture) { return picture.geo ? picture.geo->crs : std::string(); };
  const std::string crs = pictures.empty() ? std::string() : crs_of(pictures[0]);
  for (const Picture& picture : pictures) {
    PPL_CHECK(crs_of(picture) == crs, path, ": ", picture.id, " has another coordinate system than ", pictures[0].id,
              "; a layer has one");
  }
  return crs;
}

VectorLayer make_layer(const std::string& path, const std::vector<Picture>& pictures, bool polygons) {
  VectorLayer layer{polygons ? "buildings" : "roads",
                    common_crs(path, pictures),
                    polygons,
                    polygons ? "confidence" : "length_px",
                    {}};
  for (const Picture& picture : pictures) {
    const GeoReference geo = picture.geo.value_or(GeoReference{});
    // A feature without a geometry says that the picture was looked at.
    if (polygons ? picture.buildings.empty() : picture.roads.empty())
      layer.features.push_back({picture.id, 0, 0, {}, {}});
    for (size_t i = 0; i < picture.roads.size() && !polygons; ++i) {
      layer.features.push_back(
          {picture.id, static_cast<int64_t>(i), line_length(picture.roads[i]), to_world(geo, picture.roads[i]), {}});
    }
    for (size_t i = 0; i < picture.buildings.size() && polygons; ++i) {
      layer.features.push_back(
          {picture.id, static_cast<int64_t>(i), picture.confidence[i], {}, to_world(geo, picture.buildings[i])});
    }
  }
  return layer;
}

void write(const std::string& path, const std::vector<Picture>& pictures, bool polygons) {
  if (!path.ends_with(".csv")) {
    write_vectors(path, make_layer(path, pictures, polygons));
  } else {
    write_file(path, polygons ? buildings_table(pictures) : roads_table(pictures));
  }
}

}  // namespace

void check_outputs(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    PPL_CHECK(path.ends_with(".csv") || is_vector_file(path), path,
              ": expected a name that ends with .csv, .geojson, .json, .gpkg or .fgb");
  }
}

void write_roads(const std::vector<std::string>& paths, const std::vector<Picture>& pictures) {
  for (const std::string& path : paths) write(path, pictures, false);
}

void write_buildings(const std::vector<std::string>& paths, const std::vector<Picture>& pictures) {
  for (const std::string& path : paths) write(path, pictures, true);
}

}  // namespace ppl::vectorize
