// score roads: how large a pixel is, layers without images, and what meets what.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/score/roads/scale.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "io/tables/layers/vector_file.h"
#include "tests/support/io_support.h"
#include "tests/support/process.h"

namespace ppl {
namespace {

using nlohmann::json;
using test::contains;

constexpr int64_t kSide = 300;

// A street across the image and one that leaves it: what a mask is drawn of, and the same as lines.
std::vector<uint8_t> streets() {
  std::vector<uint8_t> mask(static_cast<size_t>(kSide * kSide));
  for (int64_t y = 0; y < kSide; ++y) {
    for (int64_t x = 0; x < kSide; ++x) {
      mask[static_cast<size_t>(y * kSide + x)] = std::abs(y - 150) <= 4 || (y > 150 && std::abs(x - 150) <= 4);
    }
  }
  return mask;
}
const char* const kLines = ",\"LINESTRING (0 150.5, 150.5 150.5, 300 150.5)\"\n";
const char* const kSideLine = ",\"LINESTRING (150.5 150.5, 150.5 300)\"\n";

struct Inputs {
  Inputs() { std::filesystem::create_directory(dir / "masks"); }
  void mask(const std::string& id, const std::string& crs, std::array<double, 6> transform) const {
    write_mask_tiff(dir / ("masks/" + id + "_mask.tif"), streets().data(), kSide, kSide, GeoReference{crs, transform});
  }
  void plain_mask(const std::string& id) const {
    write_mask_png(dir / ("masks/" + id + "_mask.png"), streets().data(), kSide, kSide);
  }
  void table(const std::string& id) const { write_file(dir / "truth.csv", id + kLines + id + kSideLine); }
  std::string write(const std::string& name, const std::string& text) const {
    write_file(dir / name, text);
    return dir / name;
  }
  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "roads");
    arguments.insert(arguments.end(), {"--json", "--quiet"});
    return run_process("score", arguments);
  }
  ProcessResult masks(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {dir / "truth.csv", dir / "masks"});
    return run(more);
  }
  TemporaryFolder dir;
};

json parsed(const ProcessResult& r) {
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  return json::parse(r.out);
}

bool refused(const ProcessResult& r, const std::string& why) {
  CAPTURE(r.err);
  CHECK(r.out.empty());
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  return r.exit_code == 1 && contains(r.err, why);
}

TEST_CASE("the scale is that of the ground, else the option, else refused") {
  const Inputs inputs;
  inputs.table("a");
  inputs.mask("a", "EPSG:32632", {500000, 1, 0, 5200000, 0, -1});
  const json metre = parsed(inputs.masks());
  CHECK(metre["images"][0]["pixel"] == json{{"metres", 1.0}, {"from", "ground"}});
  CHECK(metre["scale"] == "1 m a pixel (measured on the ground)");
  CHECK(metre["images"][0]["road_metres"][0].get<double>() == doctest::Approx(300 + 149.5));
  CHECK(metre["images"][0]["apls"].get<double>() > 0.98);
  // Fewer control points on roads that are shorter.
  inputs.mask("a", "EPSG:32632", {500000, 0.5, 0, 5200000, 0, -0.5});
  const json half = parsed(inputs.masks());
  CHECK(half["images"][0]["pixel"]["metres"] == 0.5);
  CHECK(half["images"][0]["control_points"][0] < metre["images"][0]["control_points"][0]);
  CHECK(parsed(inputs.masks({"--pixel", "2"}))["images"][0]["pixel"] == json{{"metres", 2.0}, {"from", "option"}});
  // Web Mercator's metres are none: 1 is cos(latitude).
  inputs.mask("a", "EPSG:3857", {1000000, 1, 0, 6000000, 0, -1});
  CHECK(parsed(inputs.masks())["images"][0]["pixel"]["metres"].get<double>() == doctest::Approx(0.680).epsilon(0.002));
  inputs.mask("a", "EPSG:4326", {9, 1e-5, 0, 47, 0, -1e-5});
  CHECK(refused(inputs.masks(), "the metric needs square ones; --pixel decides"));
  // Feet.
  inputs.mask("a", "EPSG:2263", {980000, 1, 0, 200000, 0, -1});
  CHECK(parsed(inputs.masks())["images"][0]["pixel"]["metres"].get<double>() == doctest::Approx(0.3048).epsilon(0.001));
  std::filesystem::remove(inputs.dir / "masks/a_mask.tif");
  inputs.plain_mask("a");
  CHECK(refused(inputs.masks(), "image 'a': nothing says how many metres a pixel is"));
  std::filesystem::create_directory(inputs.dir / "images");
  write_mask_tiff(inputs.dir / "images/a_sat.tif", streets().data(), kSide, kSide,
                  GeoReference{"EPSG:32632", {500000, 0.25, 0, 5200000, 0, -0.25}});
  CHECK(parsed(inputs.masks({"--images", inputs.dir / "images"}))["images"][0]["pixel"]["metres"] == 0.25);
}

TEST_CASE("ids without a city are of one; SpaceNet's and others do not mix") {
  const Inputs inputs;
  const auto run = [&](const std::string& rows, std::vector<std::string> more) {
    const std::string table = inputs.write("t.csv", rows);
    more.insert(more.begin(), {table, table});
    return inputs.run(more);
  };
  const std::string plain = std::string("103201_mask") + kLines, vegas = std::string("AOI_2_Vegas_img1") + kLines;
  CHECK(refused(run(plain, {}), "image '103201_mask': nothing says how many metres a pixel is"));
  const json result = parsed(run(plain, {"--pixel", "1"}));
  CHECK(result["apls"] == 1);
  CHECK(result["cities"][0]["city"] == "all");
  CHECK(refused(run(plain, {"--pixel", "1", "--cities", "ids"}), "--cities one"));
  CHECK(refused(run(plain + vegas, {"--pixel", "1"}), "one names its city as SpaceNet does"));
  CHECK(parsed(run(plain + vegas, {"--pixel", "1", "--cities", "one"}))["images"].size() == 2);
}

TEST_CASE("SpaceNet's ids have 0.31 m, unless the ground says something else") {
  const Inputs inputs;
  inputs.table("AOI_2_Vegas_img1");
  inputs.plain_mask("AOI_2_Vegas_img1");
  const json result = parsed(inputs.masks());
  CHECK(result["images"][0]["pixel"] == json{{"metres", 0.31}, {"from", "spacenet"}});
  CHECK(result["cities"][0]["city"] == "AOI_2_Vegas");
  std::filesystem::remove(inputs.dir / "masks/AOI_2_Vegas_img1_mask.png");
  inputs.mask("AOI_2_Vegas_img1", "EPSG:4326", {-115.17, 2.7e-6, 0, 36.24, 0, -2.7e-6});
  CHECK(parsed(inputs.masks())["images"][0]["pixel"]["metres"] == 0.31);
  inputs.mask("AOI_2_Vegas_img1", "EPSG:32632", {500000, 1, 0, 5200000, 0, -1});
  CHECK(refused(inputs.masks(), "SpaceNet's pixels are 0.31 m, but these lie 1 m apart"));
  CHECK(parsed(inputs.masks({"--pixel", "1"}))["images"][0]["pixel"]["metres"] == 1.0);
}

// Two streets and a third that the prediction lacks, as a layer.
std::string layer(const std::string& crs, double x, double y, double step_x, double step_y, bool whole,
                  const std::string& properties = "{}") {
  const auto point = [&](double right, double up) { return cat("[", x + right * step_x, ",", y + up * step_y, "]"); };
  const auto line = [&](double a, double b, double c, double d) {
    return R"({"type":"Feature","properties":)" + properties + R"(,"geometry":{"type":"LineString","coordinates":[)" +
           point(a, b) + "," + point(c, d) + "]}}";
  };
  std::string text = R"({"type":"FeatureCollection",)";
  if (!crs.empty()) text += R"("crs":{"type":"name","properties":{"name":")" + crs + R"("}},)";
  text += R"("features":[)" + line(0, 0, 200, 0) + "," + line(200, 0, 200, 150);
  if (whole) text += "," + line(0, 0, 0, 150);
  return text + "]}";
}

TEST_CASE("two layers need no images and no names") {
  const Inputs inputs;
  const std::string truth = inputs.write("truth.geojson", layer("EPSG:25832", 500000, 5200000, 1, 1, true));
  const std::string same = inputs.write("other.geojson", layer("EPSG:25832", 500000, 5200000, 1, 1, true));
  const std::string less = inputs.write("less.geojson", layer("EPSG:25832", 500000, 5200000, 1, 1, false));
  const json equal = parsed(inputs.run({truth, same}));
  CHECK(equal["images"][0]["apls"] == 1);
  CHECK(equal["images"][0]["road_metres"][0].get<double>() == doctest::Approx(500).epsilon(0.001));
  const double part = parsed(inputs.run({truth, less}))["images"][0]["apls"];
  CHECK(part > 0);
  CHECK(part < 1);
  // 1 degree is 111 km: the same place in degrees.
  const std::string degrees =
      inputs.write("degrees.geojson", layer("", 9, 46.9535292, 1 / 76089.0, 1 / 111126.0, true));
  CHECK(parsed(inputs.run({truth, degrees}))["images"][0]["apls"].get<double>() > 0.95);
  const std::string named =
      inputs.write("n.geojson", layer("EPSG:25832", 500000, 5200000, 1, 1, true, R"({"image_id":"x"})"));
  CHECK(parsed(inputs.run({truth, named}))["images"][0]["id"] == "x");
  const std::string other =
      inputs.write("o.geojson", layer("EPSG:25832", 500000, 5200000, 1, 1, true, R"({"image_id":"y"})"));
  CHECK(refused(inputs.run({named, other}), "n.geojson (1 image, 'x') and "));
  const std::string far = inputs.write("far.geojson", layer("", 30, 47, 1e-5, 1e-5, true));
  CHECK(refused(inputs.run({truth, far}), "degrees of longitude"));
  const std::string pixels = inputs.write("pixels.geojson", layer("", 0, 0, 2, 2, true));
  CHECK(refused(inputs.run({pixels, pixels, "--pixel", "1"}), "--pixels takes them as pixels"));
  CHECK(parsed(inputs.run({pixels, pixels, "--pixel", "1", "--pixels"}))["images"][0]["apls"] == 1);
}

TEST_CASE("a layer beside masks is placed by them; other places are refused") {
  const Inputs inputs;
  inputs.mask("a", "EPSG:25832", {500000, 1, 0, 5200150, 0, -1});
  const std::string mask = inputs.dir / "masks/a_mask.tif";
  const std::string roads =
      inputs.write("roads.geojson",
                   R"({"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:25832"}},"features":[
{"type":"Feature","properties":{},"geometry":{"type":"MultiLineString","coordinates":
[[[500000,5199999.5],[500150.5,5199999.5],[500300,5199999.5]],[[500150.5,5199999.5],[500150.5,5199850]]]}}]})");
  const json result = parsed(inputs.run({roads, mask}));
  CHECK(result["images"][0]["apls"].get<double>() > 0.98);
  CHECK(result["images"][0]["pixel"]["metres"] == 1.0);
  std::filesystem::create_directory(inputs.dir / "moved");
  write_mask_tiff(inputs.dir / "moved/a_mask.tif", streets().data(), kSide, kSide,
                  GeoReference{"EPSG:25832", {500100, 1, 0, 5200150, 0, -1}});
  CHECK(refused(inputs.run({inputs.dir / "masks", inputs.dir / "moved"}), "do not lie at one place"));
}

TEST_CASE("layers of masks without a place are in pixels, and say so") {
  const Inputs inputs;
  inputs.plain_mask("a");
  inputs.table("a");
  for (const char* name : {"r.geojson", "r.gpkg", "r.fgb"}) {
    CAPTURE(name);
    const std::string layer = inputs.dir / name;
    const ProcessResult made = run_process("vectorize", {"roads", inputs.dir / "masks", layer});
    CHECK(made.exit_code == 0);
    CHECK(contains(made.err, "layers are in pixels"));
    CHECK(parsed(inputs.run({inputs.dir / "truth.csv", layer, "--pixel", "1"}))["images"][0]["apls"].get<double>() >
          0.98);
  }
}

}  // namespace
}  // namespace ppl
