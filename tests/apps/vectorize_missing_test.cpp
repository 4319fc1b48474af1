// vectorize as a process: what a map lacks of roads and buildings.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "io/geometry/shape.h"
#include "io/places/projection.h"
#include "io/tables/layers/vector_file.h"
#include "tests/support/images/town_masks.h"

using namespace ppl;
using namespace ppl::test;

namespace {

constexpr double kNorth = 5200000 - 60.5 * 0.5;  // of the road's middle

// A layer of one line along the town's road, from and to metres east of its corner.
void write_road(const std::string& path, double from, double to) {
  VectorLayer layer{
      "map", crs_of_epsg(32632), false, {}, {{"m", 0, {}, {{500000 + from, kNorth}, {500000 + to, kNorth}}, {}}}};
  write_vectors(path, layer);
}

std::string osm_way(double from, double to, const std::string& tag) {
  Line line{{500000 + from, kNorth}, {500000 + to, kNorth}};
  Projection(crs_of_epsg(32632), crs_of_epsg(4326)).apply(line);
  std::string text = "<osm version=\"0.6\">";
  for (size_t i = 0; i < 2; ++i)
    text += cat("<node id=\"", i + 1, "\" lat=\"", std::to_string(line[i].y), "\" lon=\"", std::to_string(line[i].x),
                "\"/>");
  return text + "<way id=\"1\"><nd ref=\"1\"/><nd ref=\"2\"/><tag k=" + tag + "/></way></osm>";
}

struct MissingRun {
  Town town;
  MissingRun() { town.place(); }
  // Length of what is missing of the first tile's road of 64 m.
  double missing(const std::string& map, const std::vector<std::string>& more = {}) const {
    const std::string out = town.dir / "out.geojson";
    std::vector<std::string> words{"roads", town.masks() + "/a_mask.tif", out, "--missing-from", map, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const ProcessResult r = town.run(words);
    CAPTURE(r.err);
    REQUIRE(r.exit_code == 0);
    return nlohmann::json::parse(r.out)["m"].get<double>();
  }
};

}  // namespace

TEST_CASE("a road begins where the map's ends") {
  if (!have_gdal()) return;
  const MissingRun run;
  const std::string map = run.town.dir / "map.gpkg";
  write_road(map, -10, 40);
  CHECK(run.missing(map) == doctest::Approx(24).epsilon(0.02));
  CHECK(run.missing(map, {"--within", "4m"}) == doctest::Approx(24).epsilon(0.02));
  write_road(map, -10, 90);
  CHECK(run.missing(map) == 0);
  // What is left between two ends that are near is no road.
  write_road(map, 20, 44);
  CHECK(run.missing(map) == doctest::Approx(40).epsilon(0.02));
  CHECK(run.missing(map, {"--min-length", "30m"}) == 0);
  // The map is never written over.
  CHECK(run.town.run({"roads", run.town.masks(), map, "--missing-from", map}).exit_code == 1);
  // Masks without a place know no map.
  write_mask_png(run.town.dir / "x_mask.png", test::town(0).data(), kSide, kSide);
  CHECK(one_line_naming(
      run.town.run({"roads", run.town.dir / "x_mask.png", run.town.dir / "x.csv", "--missing-from", map, "--quiet"}),
      "does not say where it lies"));
  CHECK(run.town.run({"roads", run.town.masks(), run.town.dir / "x.csv", "--within", "4m"}).exit_code == 2);
}

TEST_CASE("roads that meet beside the map's lead there once") {
  if (!have_gdal()) return;
  const Town town;
  town.place();
  const double east = 500000 + 190.5 * 0.5;  // the junction's
  write_vectors(town.dir / "map.gpkg",
                {"map", crs_of_epsg(32632), false, {}, {{"m", 0, {}, {{east, kNorth - 3}, {east, kNorth - 30}}, {}}}});
  REQUIRE(town.run({"roads", town.masks() + "/b_mask.tif", town.dir / "out.geojson", "--missing-from",
                    town.dir / "map.gpkg"})
              .exit_code == 0);
  const auto read = nlohmann::json::parse(read_text(town.dir / "out.geojson"));
  std::set<std::set<std::string>> segments;
  size_t count = 0;
  for (const auto& feature : read["features"]) {
    const auto& points = feature["geometry"]["coordinates"];
    for (size_t i = 0; i + 1 < points.size(); ++i, ++count) segments.insert({points[i].dump(), points[i + 1].dump()});
  }
  CHECK(count >= 3);
  CHECK(segments.size() == count);
}

TEST_CASE("OSM files: tunnels are not seen, rails and runways are no roads") {
  if (!have_gdal()) return;
  const MissingRun run;
  const std::string map = run.town.dir / "map.osm";
  const auto write = [&](double from, double to, const std::string& tag) {
    std::ofstream(map) << osm_way(from, to, tag);
  };
  write(-10, 40, R"("highway" v="track")");
  CHECK(run.missing(map) == doctest::Approx(24).epsilon(0.02));
  write(-10, 90, R"("railway" v="rail")");
  CHECK(run.missing(map) == 0);
  write(-10, 90, R"("aeroway" v="runway")");
  CHECK(run.missing(map) == 0);
  write(-10, 90, R"("railway" v="abandoned")");
  CHECK(run.missing(map) == doctest::Approx(64).epsilon(0.02));
  write(-10, 10, R"("railway" v="rail")");
  CHECK(run.missing(map) == doctest::Approx(64).epsilon(0.02));
}

TEST_CASE("buildings that the map covers by a third or more are there") {
  if (!have_gdal() || !have_geos()) return;
  const Town town;
  std::vector<uint8_t> mask(kSide * kSide, 0);
  for (int64_t r = 20; r < 60; ++r) std::fill_n(mask.begin() + r * kSide + 20, 40, uint8_t{1});
  write_mask_tiff(town.dir / "h_mask.tif", mask.data(), kSide, kSide, kPlace);
  const auto count_missing = [&](double shift) {
    const double west = 500010 + shift, east = west + 20, north = 5200000 - 10, south = north - 20;
    write_vectors(town.dir / "map.gpkg",
                  {"map",
                   crs_of_epsg(32632),
                   true,
                   {},
                   {{"m", 0, {}, {}, {{{west, north}, {east, north}, {east, south}, {west, south}}, {}}}}});
    const ProcessResult r = town.run({"buildings", town.dir / "h_mask.tif", town.dir / "b.geojson", "--missing-from",
                                      town.dir / "map.gpkg", "--json", "--quiet"});
    REQUIRE(r.exit_code == 0);
    return nlohmann::json::parse(r.out)["buildings"].get<int>();
  };
  CHECK(count_missing(0) == 0);
  CHECK(count_missing(13) == 0);
  CHECK(count_missing(14) == 1);
  CHECK(count_missing(100) == 1);
}
