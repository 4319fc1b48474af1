// rasterize as a process on a small town (tests/rasterize/town.osm, metres from (500000, 5210000) in EPSG:32632), and
// on real data where it is there.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/file.h"
#include "io/geotiff.h"
#include "io/image.h"
#include "tests/process.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;
const std::string kTown = PPL_TOWN;
const Words kGrid{"--grid",   "--crs",  "EPSG:32632", "--pixel", "0.5",
                  "--bounds", "500000", "5210000",    "500256",  "5210256"};

ProcessResult draw(Words words, const Words& more = {}) {
  words.insert(words.end(), more.begin(), more.end());
  words.push_back("--quiet");
  return run_process("rasterize", words);
}

bool one_line_naming(const ProcessResult& r, const std::string& what) {
  CAPTURE(r.err);
  return r.exit_code == 1 && std::count(r.err.begin(), r.err.end(), '\n') == 1 && r.err.find(what) != std::string::npos;
}

std::vector<json> manifest_of(const std::string& folder) {
  std::ifstream file(folder + "/manifest.jsonl");
  std::vector<json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  return lines;
}

// The town's tile: 512 x 512 pixels of half a metre, north up.
struct Mask {
  explicit Mask(const std::string& path, int classes = 1) : image(read_mask(path, classes)) {}
  int at(double east, double north) const {
    return image.bytes[static_cast<size_t>(static_cast<int>((256 - north) * 2) * 512 + static_cast<int>(east * 2))];
  }
  int64_t count(int value = 1) const { return std::count(image.bytes.begin(), image.bytes.end(), value); }
  Image image;
};

Mask town_mask(const Words& more, int classes = 1, const std::string& input = kTown) {
  const TemporaryFolder dir;
  Words words{input, "--out", dir / "out"};
  words.insert(words.end(), kGrid.begin(), kGrid.end());
  const ProcessResult r = draw(words, more);
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  CHECK(r.err.empty());
  return Mask(dir / "out/r0c0_mask.png", classes);
}

std::string data_folder() {
  const char* named = std::getenv("PPL_DATA");
  return named == nullptr ? PPL_DATA_DEFAULT : named;
}

int64_t different(const Image& a, const Image& b) {
  int64_t count = 0;
  for (size_t i = 0; i < a.bytes.size(); ++i) count += (a.bytes[i] != 0) != (b.bytes[i] != 0);
  return count;
}

double iou(const Image& a, const Image& b) {
  int64_t both = 0, either = 0;
  for (size_t i = 0; i < a.bytes.size(); ++i) both += a.bytes[i] && b.bytes[i], either += a.bytes[i] || b.bytes[i];
  return static_cast<double>(both) / static_cast<double>(either);
}

}  // namespace

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

TEST_CASE("every kind of OSM file gives the same masks") {
  const Mask roads = town_mask({}), houses = town_mask({"--theme", "buildings"});
  for (const char* ending : {".gz", ".bz2", ".pbf"}) {
    CHECK(town_mask({}, 1, kTown + ending).image.bytes == roads.image.bytes);
    CHECK(town_mask({"--theme", "buildings"}, 1, kTown + ending).image.bytes == houses.image.bytes);
  }
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

TEST_CASE("pictures, their sidecars, slippy names; overlay, no data, GeoTIFF") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "tiles");
  Image picture = Image::make(512, 512, 3);
  for (size_t i = 0; i < picture.bytes.size(); ++i) picture.bytes[i] = i < picture.bytes.size() / 4 ? 255 : 90;
  write_jpeg(dir / "tiles/a_sat.jpg", picture);
  write_png(dir / "tiles/b_sat.png", picture);
  const Words run{kTown, "--images", dir / "tiles", "--out", dir / "out"};
  CHECK(one_line_naming(draw(run), "no georeference"));
  std::ofstream(dir / "tiles/a_sat.jgw") << "0.5\n0\n0\n-0.5\n500000.25\n5210255.75\n";
  std::ofstream(dir / "tiles/b_sat.pgw") << "0.5\n0\n0\n-0.5\n500000.25\n5210255.75\n";
  CHECK(one_line_naming(draw(run), "no coordinate system; name it with --crs"));
  CHECK_FALSE(fs::exists(dir / "out"));
  CHECK(draw(run, {"--crs", "EPSG:32632", "--overlay", dir / "look"}).exit_code == 0);
  CHECK(read_mask(dir / "out/a_mask.png").bytes == town_mask({}).image.bytes);
  CHECK(read_image_header(dir / "look/b_overlay.jpg").width == 512);
  // The upper quarter is white.
  CHECK(draw(run, {"--crs", "EPSG:32632", "--no-data", "mask", "--existing", "overwrite"}).exit_code == 0);
  const Mask hidden(dir / "out/b_mask.png");
  CHECK(hidden.at(100, 203.5) == 0);
  CHECK(hidden.at(100, 163) == 1);
  CHECK(manifest_of(dir / "out")[2]["no_data"].get<double>() == doctest::Approx(0.25));
  const ProcessResult skipped = draw(
      run, {"--crs", "EPSG:32632", "--no-data", "skip", "--max-no-data", "0.2", "--existing", "overwrite", "--json"});
  CHECK(json::parse(skipped.out)["left_out"] == 2);

  REQUIRE(draw({kTown, "--out", dir / "tif", "--format", "tif"}, kGrid).exit_code == 0);
  const auto place = read_georeference(dir / "tif/r0c0_mask.tif");
  REQUIRE(place);
  CHECK(place->transform == std::array<double, 6>{500000, 0.5, 0, 5210256, 0, -0.5});
  CHECK(place->crs.find("32632") != std::string::npos);
  CHECK(read_mask(dir / "tif/r0c0_mask.tif").bytes == town_mask({}).image.bytes);

  fs::create_directories(dir / "web/17/68811");
  write_png(dir / "web/17/68811/46010.png", picture);
  write_png(dir / "web/x-68811-46010-17.png", picture);
  const ProcessResult web = draw({kTown, "--slippy", dir / "web", "--out", dir / "web_out"});
  CHECK(web.exit_code == 0);
  CHECK(read_file(dir / "web_out/17_68811_46010_mask.png") == read_file(dir / "web_out/x-68811-46010-17_mask.png"));
}

TEST_CASE("manifest, resume, and what is there already") {
  const TemporaryFolder dir;
  const Words run{kTown, "--out",    dir / "out", "--grid",  "--crs",  "EPSG:32632", "--pixel",
                  "0.5", "--bounds", "500000",    "5210000", "500512", "5210512",    "--json"};
  const ProcessResult first = draw(run);
  REQUIRE(first.exit_code == 0);
  const json summary = json::parse(first.out);
  CHECK(summary["drawn"] == 4);
  CHECK(summary["empty"] == 3);  // a tile outside the data is no error
  CHECK(summary["missing_nodes"] == 1);
  CHECK(summary["cut_ways"] == 1);
  const std::vector<json> lines = manifest_of(dir / "out");
  REQUIRE(lines.size() == 5);
  CHECK(lines[0]["attribution"].get<std::string>().find("OpenStreetMap contributors") != std::string::npos);
  CHECK(lines[0]["sources"][0]["ways"] == 15);
  CHECK(lines[3]["id"] == "r1c0");
  CHECK(lines[3]["by_class"]["residential"] == 1);
  CHECK(lines[3]["foreground"].get<double>() > 0.01);

  CHECK(one_line_naming(draw(run), "is there already"));
  const std::vector<std::byte> mask = read_file(dir / "out/r1c0_mask.png"),
                               manifest = read_file(dir / "out/manifest.jsonl");
  // As after an interruption: two tiles done, the line of a third torn.
  fs::remove(dir / "out/r0c0_mask.png");
  fs::remove(dir / "out/r1c1_mask.png");
  const std::string text = read_text(dir / "out/manifest.jsonl");
  std::ofstream(dir / "out/manifest.jsonl.partial") << text.substr(0, text.size() - 20);
  fs::remove(dir / "out/manifest.jsonl");
  const ProcessResult again = draw(run, {"--existing", "skip"});
  REQUIRE(again.exit_code == 0);
  CHECK(json::parse(again.out)["kept"] == 2);
  CHECK(json::parse(again.out)["drawn"] == 2);
  CHECK(read_file(dir / "out/manifest.jsonl") == manifest);
  CHECK(read_file(dir / "out/r1c0_mask.png") == mask);
  CHECK_FALSE(fs::exists(dir / "out/manifest.jsonl.partial"));
  CHECK(one_line_naming(draw(run, {"--existing", "skip", "--buffer", "3"}), "other settings"));
  CHECK(draw(run, {"--existing", "overwrite", "--buffer", "3"}).exit_code == 0);
  CHECK(read_file(dir / "out/r1c0_mask.png") != mask);
}

TEST_CASE("inputs that cannot be used are named in one line") {
  const TemporaryFolder dir;
  const auto input = [&](const std::string& name, const std::string& content) {
    std::ofstream(dir / name) << content;
    return draw({dir / name, "--out", dir / "out"}, kGrid);
  };
  const std::string town = read_text(kTown), pbf = read_text(kTown + ".pbf"), gz = read_text(kTown + ".gz");
  CHECK(one_line_naming(input("a.osm", ""), "a.osm"));
  CHECK(one_line_naming(input("b.osm", town.substr(0, town.size() / 2)), "b.osm"));
  CHECK(one_line_naming(input("c.osm", "<osm version=\"0.6\"></osm>"), "holds no OSM objects"));
  CHECK(one_line_naming(input("d.osm.pbf", pbf.substr(0, pbf.size() / 2)), "d.osm.pbf"));
  CHECK(one_line_naming(input("e.osm.pbf", "no protobuf at all"), "e.osm.pbf"));
  CHECK(one_line_naming(input("f.osm.gz", gz.substr(0, gz.size() / 2)), "f.osm.gz"));
  CHECK(one_line_naming(input("g.geojson", "{\"type\": \"FeatureCollection\""), "g.geojson"));
  CHECK(one_line_naming(input("h.osm", "<osm version=\"0.6\"><node id=\"1\" lat=\"1\" lon=\"1\"/></osm>"),
                        "no road of a class that is drawn"));
  CHECK(one_line_naming(draw({dir / "nowhere.osm", "--out", dir / "out"}, kGrid), "nowhere.osm"));
  CHECK(one_line_naming(draw({dir / "nowhere.gpkg", "--out", dir / "out"}, kGrid), "nowhere.gpkg"));
  std::ofstream(dir / "w.json") << "{\"classes\": 3}";
  CHECK(one_line_naming(draw({kTown, "--out", dir / "out", "--widths", dir / "w.json"}, kGrid), "w.json"));
  std::ofstream(dir / "t.csv") << "id,transform,crs,width,height\na,0 1 0 0 0 -1,EPSG:1,9,9\n";
  CHECK(one_line_naming(draw({kTown, "--out", dir / "out", "--table", dir / "t.csv"}), "row 2"));
  CHECK(one_line_naming(draw({kTown, "--kind-field", "x", "--out", dir / "out", "--images", dir / "none"}), "none"));
  CHECK_FALSE(fs::exists(dir / "out"));
}

TEST_CASE("wrong usage is exit 2, help and the table of widths are exit 0") {
  for (const Words& words : {Words{}, Words{kTown}, Words{kTown, "--out", "x"}, Words{kTown, "--out", "x", "--grid"},
                             Words{kTown, "--out", "x", "--grid", "--images", "y"},
                             Words{kTown, "--out", "x", "--images", "y", "--contact", "3"},
                             Words{kTown, "--out", "x", "--images", "y", "--style", "fancy"}}) {
    const ProcessResult r = draw(words);
    CHECK(r.exit_code == 2);
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  }
  CHECK(run_process("rasterize", {"--help"}).exit_code == 0);
  const ProcessResult widths = run_process("rasterize", {"--print-widths"});
  CHECK(json::parse(widths.out)["classes"]["motorway"]["class"] == 1);
}

TEST_CASE("solaris' masks of real roads and buildings") {
  const std::string vegas = data_folder() + "/rasterize/vegas_roads",
                    atlanta = data_folder() + "/rasterize/atlanta_buildings";
  if (!fs::exists(vegas)) {
    MESSAGE("skipped: " << vegas << " is not there");
    return;
  }
  const TemporaryFolder dir;
  for (const char* name : {"v", "a"}) fs::create_directory(dir / name);
  fs::create_symlink(fs::absolute(vegas + "/image.tif"), dir / "v/image.tif");
  fs::create_symlink(fs::absolute(atlanta + "/image.tif"), dir / "a/image.tif");
  REQUIRE(draw({vegas + "/roads.geojson", "--images", dir / "v", "--buffer", "4", "--out", dir / "vo"}).exit_code == 0);
  const Image ours = read_mask(dir / "vo/image_mask.png"), reference = read_mask(vegas + "/mask_width4m.tif");
  MESSAGE("vegas: " << different(ours, reference) << " pixels differ");
  CHECK(iou(ours, reference) >= 0.999);
  REQUIRE(draw({atlanta + "/labels.geojson", "--theme", "buildings", "--images", dir / "a", "--out", dir / "ao"})
              .exit_code == 0);
  // The mask that lies beside these labels is of another place; the count is rasterio's for the labels.
  const Image houses = read_mask(dir / "ao/image_mask.png");
  CHECK(std::count(houses.bytes.begin(), houses.bytes.end(), 1) == 33818);
}
