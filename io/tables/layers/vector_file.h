// Layers of lines and polygons in files, through GDAL. In builds without GDAL everything throws an Error that says
// so.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "io/geometry/polygon.h"
#include "io/image/geotiff.h"

namespace ppl {

// A line or a polygon of one image, or neither: a feature without a geometry.
struct VectorFeature {
  std::string image;  // its id
  int64_t number = 0;
  std::vector<double> values;  // of the layer's fields; not a number: unset
  Line line;                   // of a layer of lines
  Polygon polygon;             // of a layer of polygons
};

struct VectorLayer {
  std::string name;
  std::string crs;  // WKT; empty: coordinates are pixels, and the file says that they are in no system of the earth
  bool polygons = false;
  std::vector<std::string> fields;  // names of numbers
  std::vector<VectorFeature> features;
  std::map<std::string, std::string> metadata{};  // in GeoPackages, and in GeoJSON as the member "metadata"
};

// Image to earth.
Point to_world(const GeoReference&, Point);
Line to_world(const GeoReference&, const Line&);
Polygon to_world(const GeoReference&, const Polygon&);

// By the extension: .geojson or .json (WGS 84 longitude and latitude as RFC 7946 asks, where the layer has a coordinate
// system; pixels as they are where not), .geojsonl and .geojsons (a feature a line), .osm (JOSM: ways with negative ids
// that share nodes), .gpkg, .fgb, .shp, .gml and .sqlite (the layer's system), .kml (WGS 84). Layers in pixels get an
// undefined engineering system, in GeoJSON as the member "crs" that it had before RFC 7946 and that GDAL and QGIS read;
// as .osm and .kml they are refused.
// Whole or not at all; the same layer gives the same bytes. Error for other extensions.
void write_vectors(const std::string& path, const VectorLayer&);
bool is_vector_file(const std::string& path);  // whether write_vectors takes it, by the extension
const char* vector_files();                    // what it takes, in words
bool is_layer(const std::string& path);        // what is read as a layer of roads or buildings

// The polygons of a file's layers, parts of one feature together. Error where layers have several systems, or degrees
// beyond 180 and 90 (unless `pixels`).
struct ReadPolygons {
  struct Feature {
    std::string image;       // its id, where the layer has a field that names it (find_image_field); else empty
    std::string id;          // of a field BuildingId or number, else the feature's number
    std::string confidence;  // as it stands there; empty where there is none
    std::vector<Polygon> polygons;
  };
  std::vector<Feature> features;
  std::string crs;         // WKT; empty where the file does not say
  bool in_pixels = false;  // the file says that its coordinates are not on the earth
};
ReadPolygons read_polygons(const std::string& path, bool pixels = false);

}  // namespace ppl
