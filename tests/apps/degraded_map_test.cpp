// scripts/degrade_roads.py and degrade_buildings.py: how much of a map they shift, leave out and invent.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kernels/base.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

using namespace ppl;
using nlohmann::json;
using ppl::test::contains;

namespace {

constexpr int kTiles = 40, kSize = 400;
constexpr double kPixel = 0.5, kShift = 5;
using Points = std::vector<std::pair<double, double>>;

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Map {
 public:
  explicit Map(const std::string& theme) : theme_(theme) {}

  // shapes: WKT of each tile, the same in all.
  void write(const std::string& column, const std::vector<std::string>& shapes) {
    std::ofstream table(dir_ / "true.csv");
    table << "ImageId," << column << "\n";
    for (int tile = 0; tile < kTiles; ++tile) {
      for (const std::string& shape : shapes) table << "t" << 100 + tile << ",\"" << shape << "\"\n";
    }
  }
  ProcessResult run(const std::string& arguments) const {
    return run_process("/bin/bash", {"-c", cat("'" PPL_SCRIPTS "/degrade_", theme_, ".py' '", dir_ / "true.csv", "' '",
                                               dir_ / "map", "' --pixel ", kPixel, " --size ", kSize, " ", arguments)});
  }
  std::string text() const { return text_of(dir_ / "map/" + theme_ + ".geojson"); }
  // Of each feature its points, outer rings of polygons, in pixels of the tile that it lies in.
  std::vector<Points> features() const {
    std::vector<Points> all;
    const json map = json::parse(text());
    for (const json& feature : map["features"]) {
      const json& shape = feature["geometry"]["coordinates"];
      all.emplace_back();
      for (const json& p : theme_ == "roads" ? shape : shape[0]) all.back().emplace_back(p[0], p[1]);
      to_pixels(all.back());
    }
    return all;
  }
  const TemporaryFolder& dir() const { return dir_; }

 private:
  // By the table's rows: id,"west pixel 0 north 0 -pixel",crs,width,height; the tile whose middle is nearest.
  void to_pixels(Points& points) const {
    std::ifstream table(dir_ / "map/tiles.csv");
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
      double west = 0, dx = 0, zero = 0, north = 0, dy = 0;
      std::istringstream(line.substr(line.find(',') + 1)) >> west >> dx >> zero >> north >> zero >> dy;
      const double x = (points[0].first - west) / dx, y = (points[0].second - north) / dy;
      if (std::abs(x - kSize / 2.0) > 900 || std::abs(y - kSize / 2.0) > 900) continue;
      for (auto& [east, up] : points) east = (east - west) / dx, up = (up - north) / dy;
      return;
    }
    FAIL("a feature outside every tile");
  }

  std::string theme_;
  TemporaryFolder dir_;
};

// How far each point is from where it was, metres.
std::vector<double> distances(const Points& was, const Points& is) {
  REQUIRE(was.size() == is.size());
  std::vector<double> all;
  for (size_t i = 0; i < was.size(); ++i)
    all.push_back(kPixel * std::hypot(is[i].first - was[i].first, is[i].second - was[i].second));
  return all;
}

// 25 ways of three points that meet nobody.
std::vector<std::string> lonely_ways() {
  std::vector<std::string> ways;
  for (int x = 100; x < 150; x += 2) ways.push_back(cat("LINESTRING (", x, " 100, ", x, " 200, ", x, " 250)"));
  return ways;
}

}  // namespace

TEST_CASE("the seed decides") {
  Map map("roads");
  map.write("WKT_Pix", lonely_ways());
  REQUIRE(map.run("--seed 3").exit_code == 0);
  const std::string text = map.text(), tiles = text_of(map.dir() / "map/tiles.csv");
  REQUIRE(map.run("--seed 3").exit_code == 0);
  CHECK(map.text() == text);
  CHECK(text_of(map.dir() / "map/tiles.csv") == tiles);
  REQUIRE(map.run("--seed 4").exit_code == 0);
  CHECK(map.text() != text);
}

TEST_CASE("roads: the share that is missing, what is invented") {
  Map map("roads");
  map.write("WKT_Pix", lonely_ways());
  REQUIRE(map.run("--invented 0").exit_code == 0);
  const auto kept = static_cast<double>(map.features().size());
  CHECK(std::abs(kept - 850) < 3 * std::sqrt(1000 * 0.85 * 0.15));  // binomial
  std::map<double, int> by_column;                                  // no way is preferred: of each some are there
  REQUIRE(map.run("--invented 0 --shift 0").exit_code == 0);
  for (const Points& way : map.features()) ++by_column[std::round(way[0].first)];
  CHECK(by_column.size() == 25);
  for (const auto& [column, count] : by_column) CHECK(std::abs(count - 34) <= 9);

  REQUIRE(map.run("--missing 1 --invented 1").exit_code == 0);
  const auto invented = map.features();
  CHECK(invented.size() == kTiles);
  for (const Points& way : invented) {
    const double length = distances({way[0]}, {way[1]})[0];
    CHECK(length >= 50);
    CHECK(length <= 200);
  }
}

TEST_CASE("roads: a way moves as a whole, up to the shift, in all directions") {
  Map map("roads");
  map.write("WKT_Pix", lonely_ways());
  REQUIRE(map.run(cat("--missing 0 --invented 0 --shift ", kShift)).exit_code == 0);
  const auto ways = map.features();
  REQUIRE(ways.size() == 1000);
  double sum = 0, furthest = 0, east = 0, south = 0;
  for (size_t i = 0; i < ways.size(); ++i) {
    const auto x = static_cast<double>(100 + 2 * (i % 25));
    const auto far = distances({{x, 100}, {x, 200}, {x, 250}}, ways[i]);
    CHECK(std::abs(far[0] - far[1]) + std::abs(far[0] - far[2]) < 1e-6);
    sum += far[0], furthest = std::max(furthest, far[0]);
    east += ways[i][0].first - x, south += ways[i][0].second - 100;
  }
  CHECK(furthest <= kShift + 1e-6);
  CHECK(furthest > 0.98 * kShift);
  CHECK(std::abs(sum / 1000 - kShift * 2 / 3) < 0.15);  // the mean of a disc; its deviation here is 0.04
  CHECK(std::hypot(east, south) / 1000 < 0.5);
}

TEST_CASE("roads: ways that meet still meet, those cut by the edge go on") {
  Map map("roads");
  map.write("WKT_Pix", {"LINESTRING (0 200, 100 210, 200 200)", "LINESTRING (200 200, 200 100)",
                        "LINESTRING (200 200, 399.5 300)"});
  REQUIRE(map.run("--missing 0 --invented 0").exit_code == 0);
  const auto ways = map.features();
  REQUIRE(ways.size() == 3 * kTiles);
  for (size_t i = 0; i < ways.size(); i += 3) {
    const Points &west = ways[i], &up = ways[i + 1], &east = ways[i + 2];
    REQUIRE(west.size() == 4);
    REQUIRE(up.size() == 2);
    REQUIRE(east.size() == 3);
    CHECK(distances({west[3], west[3]}, {up[0], east[0]}) == std::vector<double>{0, 0});
    CHECK(distances({{200, 200}}, {up[0]})[0] <= 5 + 1e-6);
    CHECK(west[0].first < -100);
    CHECK(west[0].second == doctest::Approx(west[1].second));
    CHECK(east[2].first > kSize + 100);
  }
  REQUIRE(map.run("--missing 0 --invented 0 --shift 0").exit_code == 0);
  const auto same = map.features();
  CHECK(distances({{0, 200}, {100, 210}, {200, 200}}, {same[0].begin() + 1, same[0].end()})[1] < 1e-6);
}

TEST_CASE("a tile without roads is a tile") {
  Map map("roads");
  map.write("WKT_Pix", {"LINESTRING EMPTY"});
  REQUIRE(map.run("--invented 0").exit_code == 0);
  CHECK(map.features().empty());
  CHECK(contains(text_of(map.dir() / "map/tiles.csv"), "\nt139,"));
}

TEST_CASE("buildings: shifted as a whole, missing, invented") {
  Map map("buildings");
  const Points was = {{100, 100}, {140, 100}, {140, 130}, {100, 130}, {100, 100}};
  map.write("PolygonWKT_Pix",
            std::vector<std::string>(
                25, "POLYGON ((100 100, 140 100, 140 130, 100 130, 100 100), (110 110, 120 110, 120 120, 110 110))"));
  REQUIRE(map.run("--missing 0 --invented 0").exit_code == 0);
  double furthest = 0;
  for (const Points& ring : map.features()) {
    for (const double far : distances(was, ring)) furthest = std::max(furthest, far);
  }
  CHECK(furthest <= 1 + 1e-6);
  CHECK(furthest > 0.98);
  REQUIRE(map.run("--invented 0").exit_code == 0);
  CHECK(std::abs(static_cast<double>(map.features().size()) - 850) < 3 * std::sqrt(1000 * 0.85 * 0.15));
  REQUIRE(map.run("--missing 1 --invented 1").exit_code == 0);
  CHECK(map.features().size() == kTiles);
}

TEST_CASE("wrong input is one line") {
  Map map("roads");
  ProcessResult r = map.run("");
  CHECK(r.exit_code == 1);
  CHECK(contains(r.err, "degrade_roads: "));
  CHECK(contains(r.err, "true.csv: [Errno 2]"));
  map.write("PolygonWKT_Pix", {"POLYGON EMPTY"});
  r = map.run("");
  CHECK(r.exit_code == 1);
  CHECK(contains(r.err, "expected columns ImageId and WKT_Pix"));
  map.write("WKT_Pix", {});
  r = map.run("");
  CHECK(contains(r.err, "expected rows of shapes, found none"));
  map.write("WKT_Pix", {"LINESTRING (1 2, 3 x)"});
  r = map.run("");
  CHECK(contains(r.err, "could not convert"));
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
}
