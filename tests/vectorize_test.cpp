// vectorize as a process: tables, GeoJSON, GeoPackage, mosaics, wrong input.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/geotiff.h"
#include "io/image.h"
#include "io/vector/csv.h"
#include "io/vector/open_roads.h"
#include "io/vector/polygon_wkt.h"
#include "io/vector/shape.h"
#include "io/vector/vector_file.h"
#include "tests/io_support.h"
#include "tests/process.h"

using namespace ppl;
using test::contains;

namespace {

// A road from left to right through two tiles and one up in the second, 0.5 m a pixel in UTM; a building on the edge.
constexpr int64_t kSide = 128;
const GeoReference kPlace{"EPSG:32632", {500000, 0.5, 0, 5200000, 0, -0.5}};

std::vector<uint8_t> town(int64_t first_column) {
  std::vector<uint8_t> mask(kSide * kSide, 0);
  for (int64_t r = 0; r < kSide; ++r) {
    for (int64_t c = 0; c < kSide; ++c) {
      const int64_t x = c + first_column;
      const bool road = std::abs(r - 60) <= 3 || (std::abs(x - 190) <= 3 && r < 60);
      mask[static_cast<size_t>(r * kSide + c)] = road;
    }
  }
  return mask;
}

GeoReference moved(GeoReference geo, double columns) {
  geo.transform[0] += columns * geo.transform[1];
  return geo;
}

struct Town {
  Town() {
    std::filesystem::create_directory(masks());
    write_mask_png(masks() + "/a_mask.png", town(0).data(), kSide, kSide);
    write_mask_png(masks() + "/b_mask.png", town(kSide).data(), kSide, kSide);
  }
  std::string masks() const { return dir / "masks"; }
  void place() const {
    std::filesystem::remove_all(masks());
    std::filesystem::create_directory(masks());
    GeoReference geo = kPlace;
    write_mask_tiff(masks() + "/a_mask.tif", town(0).data(), kSide, kSide, geo);
    write_mask_tiff(masks() + "/b_mask.tif", town(kSide).data(), kSide, kSide, moved(geo, kSide));
  }
  ProcessResult run(std::vector<std::string> arguments) const { return run_process("vectorize", arguments); }
  TemporaryFolder dir;
};

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

bool one_line_naming(const ProcessResult& r, const std::string& what) {
  return r.exit_code == 1 && r.out.empty() && count(r.err, "\n") == 1 && contains(r.err, what);
}

}  // namespace

TEST_CASE("a folder of masks becomes a table, the same each time") {
  const Town town;
  const uint8_t nothing[64] = {};
  write_mask_png(town.masks() + "/empty_mask.png", nothing, 8, 8);
  const std::string out = town.dir / "roads.csv";
  const ProcessResult r = town.run({"roads", town.masks(), out, "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  CHECK(contains(r.out, "3 pictures, 4 roads"));
  const std::string text = read_text(out);
  CHECK(text.starts_with("ImageId,WKT_Pix\na,\"LINESTRING ("));
  CHECK(count(text, "\na,") == 1);
  CHECK(count(text, "\nb,") == 3);
  CHECK(contains(text, "\nempty,LINESTRING EMPTY\n"));
  CHECK(town.run({"roads", town.masks(), town.dir / "again.csv", "--quiet"}).exit_code == 0);
  CHECK(read_text(town.dir / "again.csv") == text);
}

TEST_CASE("tiles of a mosaic: a road across the edge is one line, in the place it has on the earth") {
  if (!have_gdal()) return;
  const Town town;
  town.place();
  const std::string csv = town.dir / "roads.csv", json = town.dir / "roads.geojson", gpkg = town.dir / "roads.gpkg";
  const ProcessResult r = town.run({"roads", town.masks(), csv, json, gpkg, "--mosaic", "town", "--json", "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  CHECK(nlohmann::json::parse(r.out)["roads"] == 3);
  // From the left border to the junction, over the edge at 128.
  CHECK(contains(read_text(csv), ", 0 60.5)") != contains(read_text(csv), "(0 60.5, "));
  const auto layer = nlohmann::json::parse(read_text(json));
  REQUIRE(layer["features"].size() == 3);
  CHECK(layer["features"][0]["properties"]["image_id"] == "town");
  for (const auto& feature : layer["features"]) {
    for (const auto& point : feature["geometry"]["coordinates"]) {
      CHECK(point[0].get<double>() == doctest::Approx(9.0).epsilon(0.001));  // central meridian of zone 32
      CHECK(point[1].get<double>() == doctest::Approx(46.95).epsilon(0.001));
    }
  }
  CHECK(read_text(gpkg).starts_with("SQLite format 3"));
  CHECK(contains(read_text(gpkg), "WGS 84 / UTM zone 32N"));
  CHECK(town.run({"roads", town.masks(), town.dir / "2.gpkg", "--mosaic", "town", "--quiet"}).exit_code == 0);
  CHECK(read_text(town.dir / "2.gpkg") == read_text(gpkg));
}

TEST_CASE("mosaics: tiles apart, places from pictures, tiles that do not fit") {
  if (!have_gdal()) return;
  const Town town;
  CHECK(one_line_naming(town.run({"roads", town.masks(), town.dir / "o.csv", "--mosaic", "m"}),
                        "a_mask.png: does not say"));
  const std::string images = town.dir / "images";
  std::filesystem::create_directory(images);
  const std::vector<uint8_t> grey(kSide * kSide, 90);
  write_mask_tiff(images + "/a_sat.tif", grey.data(), kSide, kSide, kPlace);
  write_mask_tiff(images + "/b.tif", grey.data(), kSide, kSide, moved(kPlace, 1000));
  const std::vector<std::string> run{"roads",    town.masks(), town.dir / "o.csv", "--mosaic", "m",
                                     "--images", images,       "--quiet"};
  CHECK(town.run(run).exit_code == 0);
  CHECK(count(read_text(town.dir / "o.csv"), "\nm_1,") == 1);
  CHECK(count(read_text(town.dir / "o.csv"), "\nm_2,") == 3);
  GeoReference other = kPlace;
  other.transform[1] = 0.4;
  write_mask_tiff(images + "/b.tif", grey.data(), kSide, kSide, other);
  CHECK(one_line_naming(town.run(run), "pixels of another size"));
  other = kPlace;
  other.crs = "EPSG:32633";
  write_mask_tiff(images + "/b.tif", grey.data(), kSide, kSide, other);
  CHECK(one_line_naming(town.run(run), "another coordinate system"));
}

// Tiles of 100 pixels, the last column and row smaller, one missing; a ring road around and a road through the middle.
TEST_CASE("a mosaic with ragged edges and a hole is as the whole picture is") {
  if (!have_gdal()) return;
  constexpr int64_t kWidth = 260, kHeight = 230, kTile = 100;
  const auto is_road = [](int64_t r, int64_t c) {
    const double radius = std::hypot(static_cast<double>(r) - 115, static_cast<double>(c) - 130);
    return std::abs(radius - 90) <= 4 || (std::abs(r - 90) <= 4 && radius > 90);
  };
  const Town town;
  const std::string tiles = town.dir / "tiles";
  std::filesystem::create_directory(tiles);
  std::vector<uint8_t> whole(kWidth * kHeight, 0);
  for (int64_t top = 0; top < kHeight; top += kTile) {
    for (int64_t left = 0; left < kWidth; left += kTile) {
      if (top == 100 && left == 100) continue;  // the middle
      const int64_t height = std::min(kTile, kHeight - top), width = std::min(kTile, kWidth - left);
      std::vector<uint8_t> mask;
      for (int64_t r = top; r < top + height; ++r) {
        for (int64_t c = left; c < left + width; ++c) {
          mask.push_back(is_road(r, c));
          whole[static_cast<size_t>(r * kWidth + c)] = mask.back();
        }
      }
      GeoReference geo = moved(kPlace, static_cast<double>(left));
      geo.transform[3] += static_cast<double>(top) * geo.transform[5];
      write_mask_tiff(cat(tiles, "/t", top, "_", left, "_mask.tif"), mask.data(), height, width, geo);
    }
  }
  write_mask_tiff(town.dir / "town_mask.tif", whole.data(), kHeight, kWidth, kPlace);
  for (const char* kind : {"roads", "buildings"}) {
    const std::string of_tiles = town.dir / "tiles.csv", of_whole = town.dir / "whole.csv";
    CHECK(town.run({kind, tiles, of_tiles, "--mosaic", "town", "--quiet"}).exit_code == 0);
    CHECK(town.run({kind, town.dir / "town_mask.tif", of_whole, "--quiet"}).exit_code == 0);
    CHECK(read_text(of_tiles) == read_text(of_whole));
    CHECK(count(read_text(of_tiles), "\ntown,") >= (kind[0] == 'r' ? 4 : 1));
  }
}

TEST_CASE("probabilities: 8 bits, floats, the threshold is strict, confidence is the mean inside") {
  if (!have_geos() || !have_gdal()) return;
  const Town town;
  std::vector<float> values(100 * 100, 0.2f);
  for (int64_t r = 20; r < 60; ++r) {
    for (int64_t c = 30; c < 80; ++c) values[static_cast<size_t>(r * 100 + c)] = c < 55 ? 0.6f : 0.8f;
  }
  write_probability_tiff(town.dir / "x_prob.tif", values.data(), 100, 100);
  write_probability_png(town.dir / "x_prob.png", values.data(), 100, 100);
  for (const char* name : {"x_prob.tif", "x_prob.png"}) {
    const ProcessResult r = town.run(
        {"buildings", town.dir / name, town.dir / "b.csv", "--threshold", "0.2", "--suffix", "_prob", "--quiet"});
    CHECK(r.exit_code == 0);
    CHECK(r.err.empty());
    CHECK(read_text(town.dir / "b.csv") ==
          "ImageId,BuildingId,PolygonWKT_Pix,Confidence\nx,0,\"POLYGON ((30 20, 80 20, 80 60, 30 60, 30 20))\",0.7\n");
  }
  values[0] = 1.5f;
  write_probability_tiff(town.dir / "y.tif", values.data(), 100, 100);
  CHECK(one_line_naming(town.run({"buildings", town.dir / "y.tif", town.dir / "b.csv", "--threshold", "0.2"}),
                        "got 1.5"));
}

TEST_CASE("buildings: polygons in tables and on the earth") {
  if (!have_geos() || !have_gdal()) return;
  const Town town;
  std::vector<uint8_t> mask(kSide * kSide, 0);
  for (int64_t r = 10; r < 40; ++r) {
    for (int64_t c = 20; c < 70; ++c)
      mask[static_cast<size_t>(r * kSide + c)] = !(r >= 20 && r < 30 && c >= 40 && c < 50);
  }
  const std::string path = town.dir / "h_mask.tif";
  write_mask_tiff(path, mask.data(), kSide, kSide, kPlace);
  const ProcessResult r =
      town.run({"buildings", path, town.dir / "b.csv", town.dir / "b.gpkg", town.dir / "b.geojson", "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  CHECK(contains(r.out, "1 buildings, 1400 px2"));
  const ReadPolygons earth = read_polygons(town.dir / "b.gpkg");
  REQUIRE(earth.features.size() == 1);
  CHECK(earth.features[0].image == "h");
  CHECK_FALSE(earth.geographic);
  CHECK(Shape(earth.features[0].polygons).area() == doctest::Approx(1400 * 0.25));
  CHECK(Shape(earth.features[0].polygons).bounds().min_x == doctest::Approx(500010));
  CHECK(Shape(earth.features[0].polygons).bounds().max_y == doctest::Approx(5199995));
  CHECK(read_polygons(town.dir / "b.geojson").geographic);
  // An index mask: the class that is wanted.
  for (uint8_t& value : mask) value = value ? 2 : 1;
  write_index_png(town.dir / "k_mask.png", mask.data(), kSide, kSide);
  CHECK(contains(
      town.run({"buildings", town.dir / "k_mask.png", town.dir / "c.csv", "--classes", "2", "--label", "2"}).out,
      "1 buildings, 1400 px2"));
}

TEST_CASE("what is written can be read again: tables, GeoJSON, GeoPackage of roads and buildings") {
  if (!have_geos() || !have_gdal()) return;
  const Town town;
  town.place();
  // The tile with a junction; a layer of roads is read as that of the image that its file is named after.
  const std::string csv = town.dir / "b.csv", json = town.dir / "b.geojson", gpkg = town.dir / "b.gpkg";
  CHECK(town.run({"roads", town.masks() + "/b_mask.tif", csv, json, gpkg, "--quiet"}).exit_code == 0);
  RoadLayerOptions options;
  options.images = town.masks() + "/b_mask.tif";
  const ImageRoads table = open_roads(csv, options)->read(0);
  REQUIRE(table.lines.size() == 3);
  for (const std::string& layer : {json, gpkg}) {
    const auto source = open_roads(layer, options);
    REQUIRE(source->size() == 1);
    CHECK(source->id(0) == "b");
    const ImageRoads roads = source->read(0);
    CHECK(roads.bad.empty());
    REQUIRE(roads.lines.size() == 3);
    for (size_t k = 0; k < 3; ++k) {
      const Polyline &points = roads.lines[k].points, &expected = table.lines[k].points;
      REQUIRE(points.size() == expected.size());
      for (size_t p = 0; p < points.size(); ++p) {
        CHECK(std::hypot(points[p].x - expected[p].x, points[p].y - expected[p].y) < 0.05);
      }
    }
  }
  const std::string table_of = town.dir / "h.csv", layers[] = {town.dir / "h.geojson", town.dir / "h.gpkg"};
  CHECK(town.run({"buildings", town.masks(), table_of, layers[0], layers[1], "--quiet"}).exit_code == 0);
  const std::string text = read_text(table_of);
  CsvReader rows(text, "h.csv");
  std::vector<std::string> row;
  REQUIRE(rows.next(row));
  std::vector<double> areas;
  while (rows.next(row)) areas.push_back(area(parse_polygons(row[2], "h.csv").at(0)));
  REQUIRE(areas.size() == 2);
  for (const std::string& layer : layers) {
    const ReadPolygons read = read_polygons(layer);
    REQUIRE(read.features.size() == 2);
    CHECK(read.features[0].image == "a");
    CHECK(read.features[1].image == "b");
    if (read.geographic) continue;
    for (size_t i = 0; i < 2; ++i) CHECK(Shape(read.features[i].polygons).area() == doctest::Approx(areas[i] * 0.25));
  }
}

TEST_CASE("wrong input is one line, wrong usage is exit 2, nothing is half written") {
  const Town town;
  const std::string out = town.dir / "o.csv";
  CHECK(one_line_naming(town.run({"roads", town.dir / "nowhere", out}), "nowhere"));
  CHECK(one_line_naming(town.run({"roads", town.masks(), town.dir / "o.shp"}), "o.shp: expected a name"));
  CHECK(one_line_naming(town.run({"roads", town.dir.path, out}), "no file <id>_mask"));
  std::ofstream(town.masks() + "/c_mask.png") << "no picture";
  CHECK(one_line_naming(town.run({"roads", town.masks(), out, "--quiet"}), "c_mask.png"));
  std::filesystem::remove(town.masks() + "/c_mask.png");
  std::filesystem::copy(town.masks() + "/a_mask.png", town.masks() + "/x,y_mask.png");
  CHECK(one_line_naming(town.run({"roads", town.masks(), out, "--quiet"}), "'x,y' cannot stand in a SpaceNet table"));
  CHECK_FALSE(std::filesystem::exists(out));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"roads"},
                                                {"roads", "a"},
                                                {"roads", "a", "b.csv", "--gap", "-1"},
                                                {"buildings", "a", "b.csv", "--threshold", "2"},
                                                {"rods", "a", "b.csv"}}) {
    CHECK(town.run(wrong).exit_code == 2);
  }
  CHECK(town.run({"roads", "--help"}).exit_code == 0);
}

TEST_CASE("a real mask of SpaceNet's, on the earth") {
  const std::string folder = test::data_folder("rasterize/vegas_roads");
  if (folder.empty() || !have_gdal()) {
    MESSAGE("skipped: no ../shared/data/rasterize/vegas_roads");
    return;
  }
  const Town town;
  const ProcessResult r =
      town.run({"roads", folder + "/mask_width4m.tif", town.dir / "v.csv", town.dir / "v.geojson", "--quiet"});
  CHECK(r.exit_code == 0);
  const auto layer = nlohmann::json::parse(read_text(town.dir / "v.geojson"));
  CHECK(layer["features"].size() > 5);
  MESSAGE(r.out);
}
