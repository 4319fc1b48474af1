// .osm files by rules of JOSM's validator (scripts/check_osm.py): of drawn streets, and of a city where it is.
#include <doctest/doctest.h>

#include <fstream>
#include <random>

#include "io/image/geotiff.h"
#include "io/places/projection.h"
#include "io/tables/layers/vector_file.h"
#include "tests/support/data_folder.h"
#include "tests/support/images/drawn.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

using namespace ppl;

namespace {

ProcessResult rules_of(const std::string& path) {
  return run_process("/usr/bin/env", {"python3", "-B", PPL_SCRIPTS "/check_osm.py", path});
}

void check_rules(const std::string& path) {
  const ProcessResult r = rules_of(path);
  CAPTURE(r.out);
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
}

std::string osm_file(const std::string& ways) {
  std::string text = "<osm version=\"0.6\">";
  const double places[][2] = {{0, 0}, {2, 2}, {0, 2}, {2, 0}, {1, 1}, {2, 2}};
  for (size_t i = 0; i < 6; ++i)
    text += cat("<node id=\"-", i + 1, "\" lon=\"", places[i][0], "\" lat=\"", places[i][1], "\"/>");
  return text + ways + "</osm>";
}
std::string way(const char* id, const std::vector<int>& nodes, const char* key = "highway") {
  std::string text = cat("<way id=\"", id, "\">");
  for (const int n : nodes) text += cat("<nd ref=\"-", n, "\"/>");
  return text + cat("<tag k=\"", key, "\" v=\"yes\"/></way>");
}

}  // namespace

TEST_CASE("the check itself finds what is wrong") {
  const TemporaryFolder dir;
  const auto says = [&](const std::string& ways, const std::string& what) {
    std::ofstream(dir / "x.osm") << osm_file(ways);
    const ProcessResult r = rules_of(dir / "x.osm");
    return r.exit_code == 1 && r.out.find(what) != std::string::npos;
  };
  CHECK(says(way("-1", {1, 2}) + way("-2", {3, 4}), "roads that meet without a node: 1"));
  CHECK(says(way("-1", {1, 2}), "two nodes at one place: 1"));
  CHECK(says(way("-1", {1, 2}), "nodes of no way"));
  CHECK(says(way("-1", {1, 2, 3, 4}), "roads that cross themselves"));
  CHECK(says(way("-1", {1, 2}) + way("-2", {1, 5}), "roads that meet without a node"));
  CHECK(says(way("-1", {1, 3, 2}, "building"), "buildings that are not closed"));
  CHECK(says(way("-1", {1, 3}) + way("-2", {3, 1}), "ways with the same nodes"));
  CHECK(says(way("-1", {1, 7}), "nodes that are not there"));
}

TEST_CASE("lines that cross in the layer, or only in OSM's digits, have a node there") {
  if (!have_gdal()) return;
  const TemporaryFolder dir;
  VectorLayer layer{"roads", crs_of_epsg(32632), false, {}, {}};
  const auto add = [&](const Line& line) { layer.features.push_back({"a", 0, {}, line, {}}); };
  add({{500000, 5200000}, {500100, 5200100}});
  add({{500000, 5200100}, {500100, 5200000}});
  add({{500020, 5200020}, {500020, 5200060}});  // begins on the first
  add({{500000, 5200000.001}, {500100, 5200100.001}});
  write_vectors(dir / "o.osm", layer);
  check_rules(dir / "o.osm");
  std::mt19937 random(2);
  layer.features.clear();
  const auto place = [&] { return Point{500000 + random() % 3000 * 0.01, 5200000 + random() % 3000 * 0.01}; };
  for (int i = 0; i < 25; ++i) add({place(), place(), place()});
  write_vectors(dir / "r.osm", layer);
  check_rules(dir / "r.osm");
}

TEST_CASE("streets of random masks keep the rules") {
  if (!have_gdal()) return;
  const TemporaryFolder dir;
  std::mt19937 random(4);
  for (int pass = 0; pass < 3; ++pass) {
    BitImage mask(600, 600);
    for (int k = 0; k < 25; ++k) {
      const auto at = [&] { return static_cast<double>(random() % 600); };
      draw_line(mask, {{at(), at()}, {at(), at()}}, 4 + static_cast<double>(random() % 8));
    }
    std::vector<uint8_t> bytes(600 * 600);
    for (int64_t i = 0; i < 600 * 600; ++i) bytes[static_cast<size_t>(i)] = mask.get(i / 600, i % 600);
    write_mask_tiff(dir / "m.tif", bytes.data(), 600, 600,
                    GeoReference{crs_of_epsg(32632), {5e5, 0.5, 0, 52e5, 0, -0.5}});
    REQUIRE(run_process("vectorize", {"roads", dir / "m.tif", dir / "m.osm", "--existing", "overwrite"}).exit_code ==
            0);
    check_rules(dir / "m.osm");
  }
}

TEST_CASE("all roads of Copenhagen keep the rules, and those that a map without residential streets lacks") {
  const std::string map = test::data_folder("osm");
  if (!have_gdal() || map.empty()) {
    MESSAGE("skipped: no ../shared/data/osm");
    return;
  }
  const TemporaryFolder dir;
  REQUIRE(run_process("rasterize", {map + "/copenhagen.osm.pbf", "--grid", "--crs", "EPSG:25832", "--pixel", "0.5",
                                    "--bounds", "723000", "6173200", "725600", "6175800", "--size", "2048", "--format",
                                    "tif", "--out", dir / "masks", "--quiet"})
              .exit_code == 0);
  REQUIRE(run_process("vectorize", {"roads", dir / "masks", dir / "all.osm", "--mosaic", "m", "--quiet"}).exit_code ==
          0);
  check_rules(dir / "all.osm");
  REQUIRE(run_process("vectorize", {"roads", dir / "masks", dir / "less.osm", "--mosaic", "m", "--quiet",
                                    "--missing-from", dir / "all.osm", "--within", "3m"})
              .exit_code == 0);
  check_rules(dir / "less.osm");
}
