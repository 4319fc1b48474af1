// score buildings: cases by hand, solaris' tables, as a process.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "apps/score/buildings/buildings.h"
#include "io/tables/csv.h"
#include "tests/support/io_support.h"
#include "tests/support/maps/building_tables.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;
using score::BuildingsReport;

namespace {

score::BuildingImage match_first(const score::BuildingsOptions& options) {
  const score::BuildingPairs pairs(options);
  return pairs.match(pairs.pairs()[0]);
}

std::map<std::string, std::vector<std::string>> rows_by(const std::string& path, const std::string& key) {
  const std::string text = read_text(path);
  CsvReader reader(text, path);
  std::vector<std::string> row;
  reader.next(row);
  const int column = find_column(row, {key});
  std::map<std::string, std::vector<std::string>> rows;
  while (reader.next(row)) rows[row[static_cast<size_t>(column)]] = row;
  return rows;
}

}  // namespace

TEST_CASE("greedy in order of confidence; a match is gone for the others") {
  const Tables t;
  // Two predictions on one building: the surer one takes it though the other fits better.
  const std::string truth = "a_1,1," + box(0, 0, 10, 10) + ",1\na_1,2," + box(50, 50, 10, 10) + ",1\n";
  const std::string prediction = "a_1,1," + box(0, 0, 10, 9.5) + ",0.5\na_1,2," + box(0, 0, 10, 8) + ",0.9\n";
  const BuildingsReport r = score_buildings(t.options(truth, prediction));
  CHECK(counts(r.total) == std::vector<int64_t>{1, 1, 1});
  CHECK(r.images[0].buildings[0].iou == doctest::Approx(0.8));
  CHECK(match_first(t.options(truth, prediction)).prediction[1].matched);
  CHECK(r.total.f1() == doctest::Approx(0.5));
  // Equal confidence: the first of the file.
  const std::string tie = "a_1,1," + box(0, 0, 10, 9.5) + ",1\na_1,2," + box(0, 0, 10, 8) + ",1\n";
  CHECK(match_first(t.options(truth, tie)).prediction[0].matched);
}

TEST_CASE("a match needs more than half; small ones take no part; the best IoU stays below it") {
  const Tables t;
  const std::string truth = "a_1,1," + box(0, 0, 10, 10) + ",1\n";
  CHECK(counts(score_buildings(t.options(truth, "a_1,1," + box(0, 0, 10, 5) + ",1\n")).total) ==
        std::vector<int64_t>{0, 1, 1});
  CHECK(score_buildings(t.options(truth, "a_1,1," + box(0, 0, 10, 5) + ",1\n")).images[0].buildings[0].iou == 0.5);
  CHECK(counts(score_buildings(t.options(truth, "a_1,1," + box(0, 0, 10, 5.01) + ",1\n")).total) ==
        std::vector<int64_t>{1, 0, 0});
  CHECK(counts(score_buildings(t.options(truth, "a_1,1," + box(40, 0, 5, 4) + ",1\n")).total) ==
        std::vector<int64_t>{0, 0, 1});
  CHECK(counts(score_buildings(t.options("a_1,1," + box(0, 0, 5, 4) + ",1\n", truth)).total) ==
        std::vector<int64_t>{0, 1, 1});
  CHECK(counts(score_buildings(t.options("a_1,1," + box(0, 0, 5, 3.9) + ",1\n", truth)).total) ==
        std::vector<int64_t>{0, 1, 0});
}

TEST_CASE("empty images, images on one side, areas") {
  const Tables t;
  const std::string truth =
      "A_x_img1,-1,POLYGON EMPTY,1\nA_x_img2,1," + box(0, 0, 9, 9) + ",1\nB_y_img1,1," + box(0, 0, 9, 9) + ",1\n";
  const std::string prediction =
      "A_x_img1,-1,POLYGON EMPTY,1\nA_x_img2,1," + box(0, 0, 9, 9) + ",1\nC_z_img1,1," + box(0, 0, 9, 9) + ",1\n";
  score::BuildingsOptions options = t.options(truth, prediction);
  const BuildingsReport r = score_buildings(options);
  REQUIRE(r.areas.size() == 3);
  CHECK(r.areas[0].name == "A_x");
  CHECK(r.areas[0].images == 2);
  CHECK(counts(r.total) == std::vector<int64_t>{1, 1, 1});
  CHECK(r.only_truth == std::vector<std::string>{"B_y_img1"});
  CHECK(r.only_prediction == std::vector<std::string>{"C_z_img1"});
  options.skip_missing = true;
  CHECK(counts(score_buildings(options).total) == std::vector<int64_t>{1, 0, 0});
  options = t.options("", "");
  CHECK(contains(error_of([&] { score_buildings(options); }), "nothing to score"));
}

TEST_CASE("polygons that cross themselves are repaired and named; wrong rows are errors with their line") {
  const Tables t;
  const std::string bow = "a_1,1,\"POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))\",1\n";
  const BuildingsReport r = score_buildings(t.options("a_1,1," + box(0, 0, 10, 10) + ",1\n", bow));
  REQUIRE(r.repaired.size() == 1);
  CHECK(contains(r.repaired[0], "prediction.csv:2: Self-intersection"));
  const auto message = [&](const std::string& rows) {
    return error_of([&] { score_buildings(t.options("a_1,1," + box(0, 0, 9, 9) + ",1\n", rows)); });
  };
  CHECK(contains(message("a_1,1,\"POLYGON ((0 0, 1 1))\",1\n"), "prediction.csv:2: expected a ring"));
  CHECK(contains(message("a_1,1," + box(0, 0, 9, 9) + ",high\n"), "prediction.csv:2: expected a number as confidence"));
  CHECK(contains(message("a_1,1," + box(0, 0, 9, 9) + "\n"), "prediction.csv:2: expected 4 fields"));
  CHECK(contains(message("a_1,1," + box(0, 0, 9, 9) + ",1\na_1,2,POLYGON ((0 0 NaN,1\n"), "prediction.csv:3:"));
}

TEST_CASE("many buildings: the index finds what trying all pairs finds") {
  std::mt19937 random(4);
  score::BuildingImage image;
  const auto some = [&](std::vector<score::Building>& to, int n) {
    for (int i = 0; i < n; ++i) {
      const double x = random() % 400, y = random() % 400, w = 10 + random() % 20, h = 10 + random() % 20;
      score::Building b;
      b.polygons = {Polygon{{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, {}}};
      b.shape = Shape(b.polygons);
      b.confidence = static_cast<double>(random() % 5);
      to.push_back(b);
    }
  };
  some(image.truth, 300), some(image.prediction, 300);
  score::BuildingImage plain = image;
  match_buildings(image, 0.3);
  int64_t found = 0;
  for (int confidence = 4; confidence >= 0; --confidence) {
    for (score::Building& p : plain.prediction) {
      if (p.confidence != confidence) continue;
      score::Building* best = nullptr;
      double best_iou = 0;
      for (score::Building& b : plain.truth) {
        const double iou = b.matched ? 0 : shape_iou(p.shape, b.shape);
        if (iou > best_iou) best = &b, best_iou = iou;
      }
      if (best_iou > 0.3) best->matched = true, ++found;
    }
  }
  CHECK(found > 10);
  CHECK(image.counts.true_positive == found);
  CHECK(image.counts.false_positive == 300 - found);
}

TEST_CASE("solaris' tables of SpaceNet 2: counts exactly, the IoU of each building to 1e-6") {
  const std::string folder = test::data_folder("scoring/spacenet_buildings");
  if (folder.empty()) {
    MESSAGE("skipped: no ../shared/data/scoring/spacenet_buildings");
    return;
  }
  score::BuildingsOptions options;
  options.truth = folder + "/SN2_sample_truth.csv";
  options.prediction = folder + "/SN2_sample_preds.csv";
  const BuildingsReport r = score_buildings(options);
  const auto expected = rows_by(folder + "/SN2_test_results_full.csv", "imageID");
  REQUIRE(r.images.size() == expected.size());
  for (const score::BuildingScore& image : r.images) {
    CAPTURE(image.pair.id);
    const std::vector<std::string>& row =
        expected.at(image.pair.id);  // F1Score,FalseNeg,FalsePos,Precision,Recall,TruePos
    CHECK(std::to_string(image.counts.true_positive) == row[5]);
    CHECK(std::to_string(image.counts.false_positive) == row[2]);
    CHECK(std::to_string(image.counts.false_negative) == row[1]);
    CHECK(image.counts.f1() == doctest::Approx(std::stod(row[0])).epsilon(1e-12));
  }
  REQUIRE(r.areas.size() == 2);
  CHECK(counts(r.areas[0].counts) == std::vector<int64_t>{35, 2, 7});
  CHECK(counts(r.areas[1].counts) == std::vector<int64_t>{52, 55, 75});

  std::map<std::string, size_t> next;  // the reference's table is in the order of the truth
  double worst = 0;
  int64_t buildings = 0;
  const std::string path = folder + "/SN2_sample_iou_by_building.csv", text = read_text(path);
  CsvReader reader(text, path);
  std::vector<std::string> row;
  reader.next(row);
  const int id = find_column(row, {"ImageId"}), iou = find_column(row, {"iou_score"});
  const int wkt = find_column(row, {"PolygonWKT_Pix"});
  std::map<std::string, const score::BuildingScore*> images;
  for (const score::BuildingScore& image : r.images) images[image.pair.id] = &image;
  while (reader.next(row)) {
    if (contains(row[static_cast<size_t>(wkt)], "EMPTY")) continue;
    const std::string& name = row[static_cast<size_t>(id)];
    const auto& b = images.at(name)->buildings.at(next[name]++);
    worst = std::max(worst, std::abs(b.iou - std::stod(row[static_cast<size_t>(iou)])));
    ++buildings;
  }
  MESSAGE(buildings, " buildings, the worst IoU is ", worst, " off");
  CHECK(buildings > 100);
  CHECK(worst <= 1e-6);
}

TEST_CASE("score buildings as a process") {
  const Tables t;
  t.options("A_x_1,1," + box(0, 0, 9, 9) + ",1\nA_x_2,7," + box(0, 0, 9, 9) + ",1\n",
            "A_x_1,1," + box(0, 1, 9, 9) + ",1\n");
  const std::string truth = t.dir / "truth.csv", prediction = t.dir / "prediction.csv";
  const ProcessResult json = run_process("score", {"buildings", truth, prediction, "--json", "--quiet", "--csv",
                                                   t.dir / "i.csv", "--iou-csv", t.dir / "b.csv"});
  CHECK(json.exit_code == 0);
  CHECK(json.err.empty());
  const auto parsed = nlohmann::json::parse(json.out);
  CHECK(parsed["true_positive"] == 1);
  CHECK(parsed["only_truth"][0] == "A_x_2");
  CHECK(read_text(t.dir / "b.csv") == "ImageId,BuildingId,iou,matched\nA_x_1,1,0.800000000,1\nA_x_2,7,0.000000000,0\n");
  CHECK(contains(read_text(t.dir / "i.csv"), "A_x_2,0,0,1,0.000000,0.000000,0.000000"));
  const ProcessResult table = run_process("score", {"buildings", truth, prediction});
  CHECK(table.exit_code == 0);
  CHECK(contains(table.err, "score: 1 images of the truth only: A_x_2"));
  CHECK(contains(table.out, "0.6667"));
  CHECK(run_process("score", {"buildings", truth, prediction, "--missing", "fail", "--quiet"}).exit_code == 1);
  // GeoJSON: the file's name is the image's, the units are the layer's.
  const char* layer =
      R"({"type":"FeatureCollection","features":[{"type":"Feature","properties":{"Confidence":0.5},"geometry":)"
      R"({"type":"Polygon","coordinates":[[[7,47],[7.001,47],[7.001,47.001],[7,47.001],[7,47]]]}}]})";
  std::filesystem::create_directories(t.dir / "t");
  std::filesystem::create_directories(t.dir / "p");
  t.write("t/img1.geojson", layer);
  t.write("p/img1.geojson", layer);
  const ProcessResult vectors = run_process("score", {"buildings", t.dir / "t", t.dir / "p", "--json", "--quiet"});
  CHECK(vectors.exit_code == 0);
  CHECK(nlohmann::json::parse(vectors.out)["true_positive"] == 1);
  for (const std::string& wrong : {t.dir / "nowhere.csv", t.write("empty.csv", ""), t.write("x.csv", "a,b\n1,2\n"),
                                   t.write("bad.geojson", "{\"type\":"), t.dir / "t"}) {
    const ProcessResult r = run_process("score", {"buildings", truth, wrong, "--quiet"});
    CAPTURE(wrong);
    CHECK(r.exit_code == 1);
    CHECK(r.out.empty());
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  }
  CHECK(run_process("score", {"buildings", truth}).exit_code == 2);
}
