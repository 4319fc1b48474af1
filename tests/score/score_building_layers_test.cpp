// score buildings: layers in one system and in two, in pixels, named in several ways; what does not meet.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/tables/layers/vector_file.h"
#include "tests/support/io_support.h"
#include "tests/support/maps/building_tables.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;
using nlohmann::json;

namespace {

// Squares of 20 m at (x, y), ... of EPSG:25832, as a layer in that system or in degrees.
std::string squares(const std::vector<Point>& corners, bool degrees, const std::string& properties = "{}") {
  std::string text = R"({"type":"FeatureCollection",)";
  if (!degrees) text += R"("crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::25832"}},)";
  text += R"("features":[)";
  for (const Point corner : corners) {
    const auto point = [&](double dx, double dy) {
      const double x = corner.x + dx, y = corner.y + dy;
      return degrees ? cat("[", 9 + x / 76089.0, ",", 46.9535292 + y / 111126.0, "]")
                     : cat("[", 500000 + x, ",", 5200000 + y, "]");
    };
    text += cat(text.ends_with("[") ? "" : ",", R"({"type":"Feature","properties":)", properties,
                R"(,"geometry":{"type":"Polygon","coordinates":[[)", point(0, 0), ",", point(20, 0), ",", point(20, 20),
                ",", point(0, 20), ",", point(0, 0), "]]}}");
  }
  return text + "]}";
}

struct Layers {
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(dir / name).parent_path());
    write_file(dir / name, text);
    return dir / name;
  }
  ProcessResult run(const std::string& truth, const std::string& prediction, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"buildings", truth, prediction, "--json", "--quiet"});
    return run_process("score", more);
  }
  TemporaryFolder dir;
};

double f1(const ProcessResult& r) {
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  return json::parse(r.out)["f1"];
}

bool refused(const ProcessResult& r, const std::string& why) {
  CAPTURE(r.err);
  CHECK(r.out.empty());
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  return r.exit_code == 1 && contains(r.err, why);
}

}  // namespace

TEST_CASE("two single layers meet, whatever they are called and in whatever system they are") {
  const Layers layers;
  const std::vector<Point> three{{0, 0}, {50, 0}, {0, 50}}, two{{0, 0}, {50, 0}};
  const std::string truth = layers.write("truth.geojson", squares(three, false));
  CHECK(f1(layers.run(truth, layers.write("other.geojson", squares(three, false)))) == 1);
  const std::string degrees = layers.write("degrees.geojson", squares(three, true));
  CHECK(f1(layers.run(truth, degrees)) == 1);
  CHECK(f1(layers.run(degrees, truth)) == 1);
  CHECK(f1(layers.run(truth, layers.write("two.geojson", squares(two, true)))) == doctest::Approx(0.8));
  const std::string named = layers.write("named.geojson", squares(three, false, R"({"image_id":"x"})"));
  CHECK(f1(layers.run(truth, named)) == 1);
  const std::string y = layers.write("y.geojson", squares(three, false, R"({"ImageId":"y"})"));
  CHECK(refused(layers.run(named, y), "(1 image, 'x') and "));
  // OSM's tag `image` names no image of ours.
  std::string tagged = squares(three, false);
  tagged.replace(tagged.find("{}"), 2, R"({"image":"https://example.org/a.jpg"})");
  CHECK(f1(layers.run(truth, layers.write("tagged.geojson", tagged))) == 1);
}

TEST_CASE("SpaceNet's names of files lose what they say of products") {
  const Layers layers;
  const std::vector<Point> one{{0, 0}};
  layers.write("t/SN2_buildings_train_AOI_2_Vegas_geojson_buildings_img7.geojson", squares(one, true));
  layers.write("t/buildings_AOI_2_Vegas_img8.geojson", squares(one, true));
  layers.write("p/AOI_2_Vegas_img7.geojson", squares(one, true));
  layers.write("p/RGB-PanSharpen_AOI_2_Vegas_img8.geojson", squares(one, true));
  CHECK(f1(layers.run(layers.dir / "t", layers.dir / "p")) == 1);
  layers.write("t/SN5_AOI_7_Moscow_chip3.geojson", squares(one, true));
  layers.write("p/AOI_7_Moscow_chip3.geojson", squares(one, true));
  CHECK(f1(layers.run(layers.dir / "t", layers.dir / "p")) == 1);
  layers.write("p/AOI_7_Moscow_PS-RGB_chip3.geojson", squares(one, true));
  CHECK(refused(layers.run(layers.dir / "t", layers.dir / "p"), "names image 'AOI_7_Moscow_chip3', as "));
}

TEST_CASE("pixels and the earth do not meet; degrees beyond the earth are refused") {
  const Layers layers;
  const std::vector<Point> one{{0, 0}};
  const std::string truth = layers.write("truth.geojson", squares(one, true));
  VectorLayer drawn{
      "buildings", "", true, {"confidence"}, {{"a", 0, {0.5}, {}, {{{0, 0}, {30, 0}, {30, 30}, {0, 30}}, {}}}}};
  for (const char* name : {"p.geojson", "p.gpkg", "p.fgb"}) {
    CAPTURE(name);
    write_vectors(layers.dir / name, drawn);
    const std::string pixels = layers.dir / name;
    CHECK(refused(layers.run(truth, pixels), "has coordinates on the earth, "));
    CHECK(f1(layers.run(pixels, pixels)) == 1);
    // Tables are in pixels, too.
    const std::string table = layers.write("t.csv", cat(kHeader, "a,1,", box(0, 0, 30, 30), ",1\n"));
    CHECK(f1(layers.run(table, pixels)) == 1);
  }
  std::string plain = read_text(layers.dir / "p.geojson");
  const size_t system = plain.find("\"crs\"");
  plain.erase(system, plain.find("\"features\"") - system);
  const std::string large = layers.write("large.geojson", squares({{1e9, 0}}, true));
  CHECK(refused(layers.run(large, large), "--pixels takes them as pixels"));
  CHECK(f1(layers.run(layers.dir / "p.gpkg", layers.write("plain.geojson", plain), {"--pixels"})) == 1);
}

TEST_CASE("confidences: blank ones on empty images, all of an image or none") {
  const Tables t;
  const std::string truth = "a_1,1," + box(0, 0, 9, 9) + ",1\na_2,-1,POLYGON EMPTY,\n";
  const auto rows = [](const char* first, const char* second) {
    return cat("a_1,1,", box(0, 0, 9, 9), ",", first, "\na_1,2,", box(50, 0, 9, 9), ",", second,
               "\na_2,-1,POLYGON EMPTY,\n");
  };
  for (const auto& [first, second] : std::vector<std::pair<const char*, const char*>>{
           {"0.5", "1e-2"}, {"", ""}, {" ", "nan"}, {"None", "NULL"}, {" 0.5 ", "\"1\""}}) {
    CAPTURE(first);
    CHECK(counts(score_buildings(t.options(truth, rows(first, second))).total) == std::vector<int64_t>{1, 1, 0});
  }
  CHECK(contains(error_of([&] { score_buildings(t.options(truth, rows("0.5", ""))); }),
                 "prediction.csv:3: has no confidence, but other buildings of its image have one"));
  CHECK(contains(error_of([&] { score_buildings(t.options(truth, rows("", "0.5"))); }),
                 "prediction.csv:3: has a confidence, but other buildings of its image have none"));
  CHECK(contains(error_of([&] { score_buildings(t.options(truth, rows("0.5", "high"))); }), "expected a number"));
}

TEST_CASE("buildings that are all too small, images that do not meet") {
  const Tables t;
  const std::string degrees = "a_1,1,\"POLYGON ((9 47, 9.001 47, 9.001 47.001, 9 47.001, 9 47))\",1\n";
  CHECK(contains(error_of([&] { score_buildings(t.options(degrees, degrees)); }), "all 2 buildings of "));
  const std::string a = "a_1,1," + box(0, 0, 9, 9) + ",1\n", b = "b_1,1," + box(0, 0, 9, 9) + ",1\n";
  CHECK(contains(error_of([&] { score_buildings(t.options(a, b)); }), "truth.csv (1 image, 'a_1') and "));
  const score::BuildingsReport empty =
      score_buildings(t.options("a_1,-1,POLYGON EMPTY,1\n", "a_1,-1,\"MULTIPOLYGON Z EMPTY\",1\n"));
  CHECK(empty.total.f1() == 0);  // nothing to find, nothing found: as SpaceNet's scorer has it
}
