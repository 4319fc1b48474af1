// vectorize as a process: tables, GeoJSON, GeoPackage, wrong input.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/geometry/shape.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "io/tables/csv.h"
#include "io/tables/layers/vector_file.h"
#include "io/tables/wkt.h"
#include "io/vectorize/open_roads.h"
#include "tests/support/images/town_masks.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;

TEST_CASE("a folder of masks becomes a table, the same each time") {
  const Town town;
  const uint8_t nothing[64] = {};
  write_mask_png(town.masks() + "/empty_mask.png", nothing, 8, 8);
  const std::string out = town.dir / "roads.csv";
  const ProcessResult r = town.run({"roads", town.masks(), out, "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  CHECK(contains(r.out, "3 images, 4 roads"));
  const std::string text = read_text(out);
  CHECK(text.starts_with("ImageId,WKT_Pix\na,\"LINESTRING ("));
  CHECK(count(text, "\na,") == 1);
  CHECK(count(text, "\nb,") == 3);
  CHECK(contains(text, "\nempty,LINESTRING EMPTY\n"));
  CHECK(town.run({"roads", town.masks(), town.dir / "again.csv", "--quiet"}).exit_code == 0);
  CHECK(read_text(town.dir / "again.csv") == text);
  if (!have_gdal()) return;
  CHECK(contains(town.run({"roads", town.masks(), town.dir / "r.fgb"}).err, "r.fgb: 1 of 3 images have nothing"));
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
  CHECK(earth.crs.starts_with("PROJCRS"));
  CHECK(Shape(earth.features[0].polygons).area() == doctest::Approx(1400 * 0.25));
  CHECK(Shape(earth.features[0].polygons).bounds().min_x == doctest::Approx(500010));
  CHECK(Shape(earth.features[0].polygons).bounds().max_y == doctest::Approx(5199995));
  CHECK(read_polygons(town.dir / "b.geojson").crs.starts_with("GEOGCRS"));
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
      const Line &points = roads.lines[k].points, &expected = table.lines[k].points;
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
    if (read.crs.starts_with("GEOG")) continue;  // degrees
    for (size_t i = 0; i < 2; ++i) CHECK(Shape(read.features[i].polygons).area() == doctest::Approx(areas[i] * 0.25));
  }
}

TEST_CASE("wrong input is one line, wrong usage is exit 2, nothing is half written") {
  const Town town;
  const std::string out = town.dir / "o.csv";
  CHECK(one_line_naming(town.run({"roads", town.dir / "nowhere", out}), "nowhere"));
  for (const char* name : {"o.xyz", "o.txt", "o.xml", "o.dxf", "o"})
    CHECK(
        one_line_naming(town.run({"roads", town.masks(), town.dir / name}), cat(name, ": expected a name that ends")));
  CHECK(one_line_naming(town.run({"roads", town.masks(), town.dir / "o.osm", "--quiet"}), "do not say where they lie"));
  CHECK(one_line_naming(town.run({"roads", town.masks(), out, "--gap", "8m", "--quiet"}), "--pixel-size METRES"));
  CHECK(one_line_naming(town.run({"roads", town.dir.path, out}), "no file <id>_mask"));
  std::ofstream(town.masks() + "/c_mask.png") << "no image";
  CHECK(one_line_naming(town.run({"roads", town.masks(), out, "--quiet"}), "c_mask.png"));
  std::filesystem::remove(town.masks() + "/c_mask.png");
  std::filesystem::copy(town.masks() + "/a_mask.png", town.masks() + "/x,y_mask.png");
  CHECK(one_line_naming(town.run({"roads", town.masks(), out, "--quiet"}), "'x,y' cannot stand in a SpaceNet table"));
  CHECK_FALSE(std::filesystem::exists(out));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"roads"},
                                                {"roads", "a"},
                                                {"roads", "a", "b.csv", "--gap", "-1"},
                                                {"roads", "a", "b.csv", "--gap", "8km"},
                                                {"roads", "a", "b.csv", "--min-object", "8m"},
                                                {"roads", "a", "b.csv", "--square"},
                                                {"buildings", "a", "b.csv", "--threshold", "2"},
                                                {"rods", "a", "b.csv"}}) {
    CHECK(town.run(wrong).exit_code == 2);
  }
  CHECK(town.run({"roads", "--help"}).exit_code == 0);
}

TEST_CASE("lengths in metres are pixels of the ground; defaults are metres there") {
  if (!have_gdal()) return;
  const Town town;
  const auto table = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"roads", town.masks(), town.dir / "t.csv"};
    words.insert(words.end(), more.begin(), more.end());
    const ProcessResult r = town.run(words);
    CHECK(r.exit_code == 0);
    return std::pair(read_text(town.dir / "t.csv"), r.err);
  };
  const auto [in_pixels, said] = table({});
  CHECK(contains(said, "pixels of unknown size: closing 2 px"));
  CHECK(contains(said, "gap 20 px"));
  CHECK(contains(table({"--pixel-size", "0.2"}).second, "0.2 m a pixel: closing 4 px"));
  town.place();  // 0.5 m
  CHECK(contains(table({}).second, "0.5 m a pixel: closing 2 px, objects from 192 px2"));
  CHECK(contains(table({"--gap", "5m", "--min-hole", "30m2", "--spur", "7"}).second, "gap 10 px"));
  const std::vector<std::string> metres{"--min-length", "150m"}, pixels{"--min-length", "300px"};
  CHECK(table(metres).first == table(pixels).first);
  CHECK(table(metres).first != table({}).first);
}

TEST_CASE("roads have lengths and widths in metres, and a confidence of probabilities") {
  if (!have_gdal()) return;
  const Town town;
  const std::vector<uint8_t> mask = test::town(0);
  std::vector<float> values(mask.size());
  for (size_t i = 0; i < mask.size(); ++i) values[i] = mask[i] == 0 ? 0.1f : i % kSide < 64 ? 0.9f : 0.5f;
  write_probability_tiff(town.dir / "p.tif", values.data(), kSide, kSide, kPlace);
  const std::string json = town.dir / "p.geojson", osm = town.dir / "p.osm", lines = town.dir / "p.geojsonl";
  REQUIRE(
      town.run({"roads", town.dir / "p.tif", json, osm, lines, town.dir / "p.shp", "--threshold", "0.3"}).exit_code ==
      0);
  const auto read = nlohmann::json::parse(read_text(json));
  REQUIRE(read["features"].size() == 1);
  const auto& road = read["features"][0]["properties"];
  CHECK(road["length_m"].get<double>() == doctest::Approx(64).epsilon(0.01));
  CHECK(road["width_m"].get<double>() == doctest::Approx(3.5));
  CHECK(road["confidence"].get<double>() == doctest::Approx(0.7).epsilon(0.01));
  CHECK(count(read_text(lines), "\n") == 1);
  CHECK(std::filesystem::exists(town.dir / "p.dbf"));
  // A table of somebody's that a shapefile of this name would take.
  std::ofstream(town.dir / "own.dbf") << "mine";
  const ProcessResult refused = town.run({"roads", town.dir / "p.tif", town.dir / "own.shp", "--threshold", "0.3"});
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "own.dbf: is there already without"));
  CHECK(read_text(town.dir / "own.dbf") == "mine");
  CHECK_FALSE(std::filesystem::exists(town.dir / "own.shp"));
  CHECK(contains(read_text(osm), "<tag k=\"highway\" v=\"road\"/>"));
  // In pixels they say so.
  REQUIRE(town.run({"roads", town.masks() + "/a_mask.png", json}).exit_code == 0);
  const auto plain = nlohmann::json::parse(read_text(json))["features"][0]["properties"];
  CHECK(plain["length_px"].get<double>() == doctest::Approx(128).epsilon(0.01));
  CHECK(plain["width_px"].get<double>() == doctest::Approx(7));
  CHECK_FALSE(plain.contains("confidence"));
}

TEST_CASE("OSM files share the nodes of junctions; buildings with holes are multipolygons") {
  if (!have_gdal() || !have_geos()) return;
  const Town town;
  town.place();
  const std::string osm = town.dir / "b.osm";
  REQUIRE(town.run({"roads", town.masks() + "/b_mask.tif", osm}).exit_code == 0);
  const std::string roads = read_text(osm);
  CHECK(count(roads, "<way ") == 3);
  CHECK(count(roads, "<nd ") == count(roads, "<node ") + 2);  // the junction is one node of three ways
  std::vector<uint8_t> mask(kSide * kSide, 0);
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const int64_t r = i / kSide, c = i % kSide;
    mask[static_cast<size_t>(i)] = r >= 20 && r < 60 && c >= 20 && c < 80 && !(r >= 30 && r < 45 && c >= 40 && c < 60);
  }
  write_mask_tiff(town.dir / "h_mask.tif", mask.data(), kSide, kSide, kPlace);
  REQUIRE(town.run({"buildings", town.dir / "h_mask.tif", osm}).exit_code == 0);
  const std::string buildings = read_text(osm);
  CHECK(count(buildings, "role=\"outer\"") == 1);
  CHECK(count(buildings, "role=\"inner\"") == 1);
  CHECK(count(buildings, "building") == 1);
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
