// rasterize as a process on a small town: what is drawn.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "tests/rasterize/rasterize_support.h"

using namespace ppl;
using namespace ppl::test;
using nlohmann::json;

TEST_CASE("roads: width by tag, lanes or class; no tunnels, no footways; areas filled; cut where nodes are missing") {
  const Mask mask = town_mask({});
  CHECK(mask.at(100, 203.7) == 1);  // width=8
  CHECK(mask.at(100, 204.3) == 0);
  CHECK(mask.at(100, 180.2) == 0);  // tunnel
  CHECK(mask.at(100, 163.3) == 1);  // a bridge of two lanes of 3.5 m
  CHECK(mask.at(100, 163.8) == 0);
  CHECK(mask.at(50, 140.2) == 1);  // as far as the nodes go
  CHECK(mask.at(80, 140.2) == 0);
  CHECK(mask.at(120, 140.2) == 1);
  CHECK(mask.at(190, 110) == 1);   // area=yes
  CHECK(mask.at(100, 90.2) == 0);  // footway
  CHECK(mask.at(150, 50) == 1);    // track
  // 200 m of 8 m with round ends, in pixels of a quarter of a square metre.
  const Mask one = town_mask({"--classes", "residential"});
  CHECK(std::abs(static_cast<double>(one.count()) - (200 * 8 + 3.14159 * 16) * 4) < 40);
  CHECK(town_mask({"--tunnels"}).at(100, 180.2) == 1);
  const Mask wide = town_mask({"--buffer", "20", "--classes", "track"});
  CHECK(wide.at(159.5, 100) == 1);
  CHECK(wide.at(160.5, 100) == 0);
}

TEST_CASE("buildings: multipolygons with holes, least area, boundary and contact") {
  const Mask mask = town_mask({"--theme", "buildings"});
  CHECK(mask.at(25, 25) == 1);
  CHECK(mask.at(82, 22) == 1);      // outline of two ways
  CHECK(mask.at(86.5, 26.5) == 0);  // its hole
  CHECK(mask.at(90, 30) == 1);      // a building in the hole
  CHECK(mask.at(61, 21) == 1);
  CHECK(mask.at(125, 25) == 0);  // a corner is missing
  // Two of 100 m2, one of 4, one of 400 with a hole of 100, one of 16.
  CHECK(std::abs(mask.count() - (100 + 100 + 4 + 300 + 16) * 4) < 25);
  CHECK(town_mask({"--theme", "buildings", "--min-area", "5"}).at(61, 21) == 0);
  const Mask classes =
      town_mask({"--theme", "buildings", "--values", "classes", "--boundary", "1.5", "--contact", "3"}, 3);
  CHECK(classes.at(25, 25) == 1);
  CHECK(classes.at(25, 21) == 2);
  CHECK(classes.at(31, 25) == 3);  // two metres between two houses
  CHECK(classes.at(45, 25) == 0);
  CHECK(classes.at(19, 25) == 0);
}

TEST_CASE("classes of roads: the more important is seen where they cross; distances fall from the centre line") {
  const Mask classes = town_mask({"--values", "classes"}, 8);
  CHECK(classes.at(100, 200.2) == 6);
  CHECK(classes.at(150, 100) == 8);
  CHECK(classes.at(150, 160.2) == 4);  // secondary over track
  const TemporaryFolder dir;
  Words words{kTown, "--out", dir / "out", "--distance", "10", "--classes", "residential"};
  REQUIRE(draw(words, kGrid).exit_code == 0);
  const Image distance = read_image(dir / "out/r0c0_distance.png");
  const auto at = [&](double east, double north) {
    return distance.bytes[static_cast<size_t>(static_cast<int>((256 - north) * 2) * 512 + static_cast<int>(east * 2))];
  };
  CHECK(std::abs(at(100, 200.1) - 255 * (1 - 0.25 / 10)) <= 1);
  CHECK(std::abs(at(100, 205.1) - 255 * (1 - 5.25 / 10)) <= 1);
  CHECK(at(100, 210.6) == 0);
}

TEST_CASE("metres are metres on the ground: mercator, degrees and turned tiles show the same area") {
  const double expected = 200 * 8 + 3.14159 * 16;
  const TemporaryFolder dir;
  // At 47 degrees north a metre of web mercator is 0.68 metres.
  std::ofstream(dir / "t.csv") << "id,transform,crs,width,height\n"
                                  "mercator,1001800 0.2 0 5949500 0 -0.2,EPSG:3857,2500,300\n"
                                  "degrees,9 1e-6 0 47.0455 0 -1e-6,EPSG:4326,3200,400\n"
                                  "turned,499900 0.3 0.4 5210200 0.4 -0.3,EPSG:32632,700,700\n";
  REQUIRE(draw({kTown, "--out", dir / "out", "--table", dir / "t.csv", "--classes", "residential"}).exit_code == 0);
  const auto area = [&](const std::string& id, double pixel) {
    const Image mask = read_mask(dir / ("out/" + id + "_mask.png"));
    return static_cast<double>(std::count(mask.bytes.begin(), mask.bytes.end(), 1)) * pixel;
  };
  const double shrink = 0.2 * 0.68233;
  CHECK(area("mercator", shrink * shrink) == doctest::Approx(expected).epsilon(0.01));
  CHECK(area("degrees", 1e-6 * 75997 * 1e-6 * 111172) == doctest::Approx(expected).epsilon(0.01));
  CHECK(area("turned", 0.25) == doctest::Approx(expected).epsilon(0.01));
}

TEST_CASE("a tile across the antimeridian shows the roads of both sides") {
  const TemporaryFolder dir;
  std::ofstream(dir / "roads.geojson") << R"({"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[179.999,10],[179.9995,10]]}},
        {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[-179.999,10],[-179.9995,10]]}}]})";
  std::ofstream(dir / "t.csv") << "id,transform,crs,width,height\n"
                                  "degrees,179.998 1e-5 0 10.001 0 -1e-5,EPSG:4326,400,200\n"
                                  "utm,828700 1 0 1107100 0 -1,EPSG:32660,400,400\n";
  REQUIRE(draw({dir / "roads.geojson", "--out", dir / "out", "--table", dir / "t.csv", "--buffer", "5"}).exit_code ==
          0);
  const std::vector<json> lines = manifest_of(dir / "out");
  REQUIRE(lines.size() == 3);
  CHECK(lines[1]["features"] == 2);
  CHECK(lines[2]["features"] == 2);
}
