// score roads as a process: results, refusals, options, layers on the earth.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/file.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "tests/support/io_support.h"
#include "tests/support/maps/road_support.h"
#include "tests/support/process.h"

namespace ppl {
namespace {

using Rows = std::vector<std::string>;
using nlohmann::json;

const char* const kTee =
    "ImageId,WKT_Pix\n"
    "AOI_2_Vegas_img1,\"LINESTRING (0 0, 60 0)\"\n"
    "AOI_2_Vegas_img1,\"LINESTRING (60 0, 110 0)\"\n"
    "AOI_2_Vegas_img1,\"LINESTRING (60 0, 60 100)\"\n"
    "AOI_3_Paris_img1,LINESTRING EMPTY\n";
const char* const kBar =
    "AOI_2_Vegas_img1,\"LINESTRING (0 0, 60 0, 110 0)\"\n"
    "AOI_3_Paris_img1,LINESTRING EMPTY\n";

struct Pair {
  Pair(const std::string& truth, const std::string& prediction) {
    write_file(dir / "truth.csv", truth);
    write_file(dir / "prediction.csv", prediction);
  }
  ProcessResult run(Rows more = {}) const {
    more.insert(more.begin(), {"roads", dir / "truth.csv", dir / "prediction.csv"});
    return run_process("score", more);
  }
  json result(Rows more = {}) const {
    more.insert(more.end(), {"--json", "--quiet"});
    const ProcessResult r = run(more);
    CAPTURE(r.err);
    REQUIRE(r.exit_code == 0);
    CHECK(r.err.empty());
    return json::parse(r.out);
  }
  TemporaryFolder dir;
};

bool refused(const ProcessResult& r, const std::string& why) {
  CAPTURE(r.err);
  CHECK(r.exit_code == 1);
  CHECK(r.out.empty());
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  const bool said = r.err.find(why) != std::string::npos;
  CHECK(said);
  return said;
}

TEST_CASE("table, JSON and CSV") {
  const Pair pair(kTee, kBar);
  const ProcessResult table = pair.run({"--quiet"});
  CHECK(table.exit_code == 0);
  CHECK(table.err.empty());
  CHECK(table.out.find("AOI_2_Vegas       1  0.666667") != std::string::npos);
  CHECK(table.out.find("overall") != std::string::npos);
  const std::string csv = pair.dir / "images.csv";
  const json result = pair.result({"--csv", csv});
  CHECK(result["apls"].get<double>() == doctest::Approx((2.0 / 3 + 1) / 2));
  CHECK(result["images"][0]["truth_to_prediction"].get<double>() == doctest::Approx(0.5));
  CHECK(result["images"][0]["control_points"] == json{4, 2});
  CHECK(result["images"][0]["road_metres"][0].get<double>() == doctest::Approx(210 * 0.31));
  // The routes that stay are 60 + 50 + 110 of these and 100 + 160 + 150.
  CHECK(result["images"][0]["apls_by_length"].get<double>() == doctest::Approx(2 * 220.0 / 630 / (1 + 220.0 / 630)));
  // Paris has no road, so all the weight is Vegas'.
  CHECK(result["road_weighted"].get<double>() == doctest::Approx(2.0 / 3));
  const std::string lines = read_text(csv);
  CHECK(lines.find("\nAOI_2_Vegas_img1,both,0.66666666666666") != std::string::npos);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
}

TEST_CASE("images on one side only") {
  const Pair pair(std::string(kTee) + "AOI_2_Vegas_img2,\"LINESTRING (0 0, 9 9)\"\n",
                  std::string(kBar) + "AOI_5_Khartoum_img3,\"LINESTRING (0 0, 9 9)\"\n");
  const json skipped = pair.result();
  CHECK(skipped["only_truth"] == json{"AOI_2_Vegas_img2"});
  CHECK(skipped["only_prediction"] == json{"AOI_5_Khartoum_img3"});
  // The city without a scored image counts, as 0.
  CHECK(skipped["apls"].get<double>() == doctest::Approx((2.0 / 3 + 1 + 0) / 3));
  const json zero = pair.result({"--missing", "zero"});
  CHECK(zero["apls"].get<double>() == doctest::Approx((1.0 / 3 + 1 + 0) / 3));
  CHECK(pair.run({"--quiet"}).out.find("1 image only in the truth: AOI_2_Vegas_img2") != std::string::npos);
}

TEST_CASE("bad rows: refused by name, or left out and counted") {
  const Pair pair(std::string(kTee) + "AOI_2_Vegas_img9,POINT (1 2)\n",
                  std::string(kBar) + "AOI_2_Vegas_img1,\"LINESTRING (110 0, 60 0)\"\nno comma\n");
  const std::string csv = pair.dir / "images.csv";
  refused(pair.run({"--csv", csv}),
          "prediction.csv:3: the segment (110 0) - (60 0) occurs twice in its image (and 2 more");
  CHECK_FALSE(std::filesystem::exists(csv));
  const json lenient = pair.result({"--lenient"});
  CHECK(lenient["bad_rows"].size() == 3);
  CHECK(lenient["images"][0]["truth_to_prediction"].get<double>() == doctest::Approx(0.5));
  const ProcessResult told = pair.run({"--lenient"});
  CHECK(told.err.find("truth.csv:6: expected LINESTRING or MULTILINESTRING, got 'POINT'") != std::string::npos);
  CHECK(told.out.find("3 bad rows left out") != std::string::npos);
}

TEST_CASE("nothing to score") {
  refused(Pair("", kBar).run(), "truth.csv: nothing to score");
  refused(Pair(kTee, "ImageId,WKT_Pix\n").run(), "prediction.csv: nothing to score");
  refused(Pair(kTee, "AOI_2_Vegas_img7,LINESTRING EMPTY\n").run(),
          "truth.csv (2 images, such as 'AOI_2_Vegas_img1') and ");
  const Pair pair(kTee, kBar);
  refused(run_process("score", {"roads", pair.dir / "none.csv", pair.dir / "truth.csv"}), "none.csv");
}

TEST_CASE("lengths of the metric") {
  const Pair pair("AOI_1_X_a,\"LINESTRING (0 0, 100 0)\"\n", "AOI_1_X_a,\"LINESTRING (0 13, 100 13)\"\n");
  CHECK(pair.result()["apls"] == 0);
  CHECK(pair.result({"--snap", "5"})["apls"].get<double>() == doctest::Approx(1));
  CHECK(pair.result({"--pixel", "0.3"})["apls"].get<double>() == doctest::Approx(1));
  CHECK(pair.result({"--spacing", "10"})["images"][0]["control_points"][0] == 5);
  CHECK(pair.run({"--pixel", "0"}).exit_code == 2);
  CHECK(pair.run({"--missing", "fail"}).exit_code == 2);
  CHECK(run_process("score", {"roads"}).exit_code == 2);
}

TEST_CASE("both methods and any number of threads give the same text") {
  Random random(5);
  std::string truth, prediction;
  for (int i = 0; i < 9; ++i) {
    const std::string id = "AOI_9_Town_img" + std::to_string(i);
    const auto town = test::town(random, 60);
    truth += test::csv_rows(id, town);
    prediction += test::csv_rows(id, test::detected(random, town, 5, 0.1));
  }
  const Pair pair(truth, prediction);
  const std::string one = pair.run({"--quiet", "--json", "--threads", "1"}).out;
  CHECK(one.find("AOI_9_Town_img8") != std::string::npos);
  CHECK(pair.run({"--quiet", "--json", "--threads", "5"}).out == one);
  const double literal = pair.result({"--method", "literal"})["apls"], quick = json::parse(one)["apls"];
  CHECK(std::fabs(literal - quick) <= 1e-12);
}

TEST_CASE("a list of cases: differences and refusals decide the exit code") {
  const Pair pair(kTee, kBar);
  json expected = {{{"case", "tee"},
                    {"truth", "truth.csv"},
                    {"pred", "prediction.csv"},
                    {"overall", (2.0 / 3 + 1) / 2},
                    {"cities", {{"AOI_2_Vegas", 2.0 / 3}, {"AOI_3_Paris", 1}}},
                    {"images",
                     {{"AOI_2_Vegas_img1",
                       {{"scored", true},
                        {"truth_to_pred", 0.5},
                        {"pred_to_truth", 1},
                        {"score", 2.0 / 3},
                        {"nodes", {4, 2}},
                        {"edges", {3, 1}},
                        {"control_points", {4, 2}}}},
                      {"AOI_3_Paris_img1",
                       {{"scored", true},
                        {"truth_to_pred", 1},
                        {"pred_to_truth", 1},
                        {"score", 1},
                        {"nodes", {0, 0}},
                        {"edges", {0, 0}},
                        {"control_points", {0, 0}}}}}}}};
  const auto run = [&] {
    write_file(pair.dir / "expected.json", expected.dump());
    return run_process("score", {"roads", "--cases", pair.dir / "expected.json", "--quiet"});
  };
  const ProcessResult passed = run();
  CAPTURE(passed.out);
  CHECK(passed.exit_code == 0);
  CHECK(passed.out.find("1 cases, 0 failed, 0 skipped") != std::string::npos);
  expected[0]["images"]["AOI_2_Vegas_img1"]["score"] = 2.0 / 3 + 2e-9;
  const ProcessResult off = run();
  CHECK(off.exit_code == 1);
  CHECK(off.out.find("worst difference 2.00e-09") != std::string::npos);
  expected[0]["ambiguous"] = true;
  CHECK(run().exit_code == 0);
  expected[0] = {{"case", "bad"}, {"truth", "truth.csv"}, {"pred", "prediction.csv"}, {"error", {{"line", 2}}}};
  CHECK(run().out.find("expected to be refused") != std::string::npos);
  write_file(pair.dir / "prediction.csv", std::string("a_b_c,POINT (1 2)\n"));
  CHECK(run().exit_code == 0);
  write_file(pair.dir / "expected.json", std::string("{\"case\": 1"));
  refused(run_process("score", {"roads", "--cases", pair.dir / "expected.json"}), "not a list of cases");
}

#ifdef PPL_TEST_GDAL
// The tee, at 1e-5 degrees a pixel with its origin at 10 E 50 N.
std::string tee_geojson(const std::string& extra = "") {
  return R"({"type":"FeatureCollection","features":[
{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[10,50],[10.0006,50]]}},
{"type":"Feature","properties":{},"geometry":{"type":"MultiLineString","coordinates":[[[10.0006,50],[10.0011,50]],
 [[10.0006,50],[10.0006,49.999]]]}})" +
         extra + "]}";
}
const char* const kTransform = "10,1e-5,0,50,0,-1e-5";

TEST_CASE("layers on the earth become pixels by a transform, an image beside them or in a folder") {
  const Pair pair("", "AOI_2_Vegas_img1,\"LINESTRING (0 0, 60 0, 110 0)\"\n");
  const std::string layer = pair.dir / "SN3_AOI_2_Vegas_geojson_roads_img1.geojson";
  write_file(layer, tee_geojson());
  const auto run = [&](Rows more) {
    more.insert(more.begin(), {"roads", layer, pair.dir / "prediction.csv", "--json", "--quiet", "--pixel", "0.31"});
    return run_process("score", more);
  };
  const auto half_kept = [](const ProcessResult& r) {
    CAPTURE(r.err);
    REQUIRE(r.exit_code == 0);
    return json::parse(r.out)["images"][0]["truth_to_prediction"].get<double>() == doctest::Approx(0.5);
  };
  CHECK(half_kept(run({"--transform", kTransform})));
  refused(run({}), "nothing says how its coordinates become pixels");
  CHECK(run({"--transform", "1,2,3"}).exit_code == 2);
  const uint8_t pixel = 0;
  std::filesystem::create_directory(pair.dir / "images");
  const GeoReference reference{"EPSG:4326", {10, 1e-5, 0, 50, 0, -1e-5}};
  write_mask_tiff(pair.dir / "images/SN3_AOI_2_Vegas_PS-RGB_img1.tif", &pixel, 1, 1, reference);
  CHECK(half_kept(run({"--images", pair.dir / "images"})));
  write_mask_tiff(pair.dir / "SN3_AOI_2_Vegas_geojson_roads_img1.tif", &pixel, 1, 1, reference);
  CHECK(half_kept(run({})));
  write_file(layer,
             tee_geojson(R"(,{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[10,50]}})"));
  refused(run({}), "img1.geojson:3: expected a line, got POINT");
  CHECK(half_kept(run({"--lenient"})));
  write_file(layer, std::string("{\"type\": \"FeatureColl"));
  CHECK(run({}).exit_code == 1);
  write_file(layer, std::string(R"({"type":"FeatureCollection","features":[]})"));
  CHECK(json::parse(run({"--pixels"}).out)["apls"] == 0);  // an image without roads
}
#endif

// A horizontal road 9 pixels wide across the mask, and half of a vertical one below it.
std::vector<uint8_t> drawn_tee(int64_t side) {
  std::vector<uint8_t> mask(static_cast<size_t>(side * side));
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      mask[static_cast<size_t>(y * side + x)] =
          std::abs(y - side / 2) <= 4 || (y > side / 2 && std::abs(x - side / 2) <= 4);
    }
  }
  return mask;
}

TEST_CASE("masks are vectorized first") {
  constexpr int64_t kSide = 400;
  const TemporaryFolder dir;
  std::filesystem::create_directory(dir / "masks");
  const std::vector<uint8_t> tee = drawn_tee(kSide), nothing(tee.size());
  write_mask_png(dir / "masks/a_mask.png", tee.data(), kSide, kSide);
  write_mask_png(dir / "masks/b_mask.png", nothing.data(), kSide, kSide);
  write_file(
      dir / "truth.csv",
      std::string("a,\"LINESTRING (0 200.5, 200.5 200.5, 400 200.5)\"\na,\"LINESTRING (200.5 200.5, 200.5 400)\"\n"
                  "b,LINESTRING EMPTY\n"));
  const ProcessResult r =
      run_process("score", {"roads", dir / "truth.csv", dir / "masks", "--pixel", "0.31", "--json", "--quiet"});
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  const json images = json::parse(r.out)["images"];
  REQUIRE(images.size() == 2);
  CHECK(images[0]["apls"].get<double>() > 0.98);
  CHECK(images[1]["apls"] == 1);
  std::filesystem::create_directory(dir / "none");
  refused(run_process("score", {"roads", dir / "none", dir / "masks", "--quiet"}),
          "expected road tables (.csv), road layers (.geojson, .json, .gpkg, .fgb, .shp) or masks (<id>_mask.*)");
  write_file(dir / "masks/c_mask.png", std::string("no image"));
  refused(run_process("score", {"roads", dir / "masks", dir / "masks", "--pixel", "0.31", "--quiet"}), "c_mask.png");
}

TEST_CASE("TOPO and CosmiQ's flavour as extra figures") {
  const Pair pair(kTee, kBar);
  const json result = pair.result({"--topo"});
  CHECK(result["topo"]["recall"].get<double>() < 1);
  CHECK(result["topo"]["recall"].get<double>() > 0);
  CHECK(result["topo"]["f1"] == result["images"][0]["topo"]["f1"]);
  CHECK(pair.run({"--quiet", "--topo"}).out.find("TOPO precision") != std::string::npos);
  CHECK(pair.run({"--topo-hole", "4"}).exit_code == 2);
  const json same = Pair(kTee, kTee).result({"--topo", "--metric", "cosmiq"});
  CHECK(same["topo"]["f1"] == 1);
  CHECK(same["images"][0]["apls"] == 1);
  CHECK(same["images"][1]["apls"] == 0);  // without a route
}

}  // namespace
}  // namespace ppl
