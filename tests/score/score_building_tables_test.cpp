// Tables of buildings: rows anywhere, more than fits into memory.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/io_support.h"
#include "tests/support/maps/building_tables.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::test;
using score::BuildingsReport;

TEST_CASE("the rows of an image may stand anywhere, in several files") {
  const Tables t;
  std::filesystem::create_directories(t.dir / "truth");
  std::filesystem::create_directories(t.dir / "prediction");
  const auto row = [](const char* image, int id, double x) {
    return cat(image, ",", id, ",", box(x, 0, 9, 9), ",1\n");
  };
  t.write("truth/1.csv", kHeader + row("a_1", 1, 0) + row("a_2", 1, 0) + row("a_1", 2, 20));
  // Another order of columns, a name with a line end in it, Windows' line ends.
  t.write("truth/2.csv", "PolygonWKT_Pix,BuildingId,ImageId\r\n" + box(40, 0, 9, 9) + ",3,a_1\r\n" + box(60, 0, 9, 9) +
                             ",\"4\n\",a_1\r\n" + box(20, 0, 9, 9) + ",2,a_2\r\n");
  t.write("prediction/1.csv", kHeader + row("a_2", 1, 20) + row("a_1", 1, 60) + row("a_2", 2, 0) + row("a_1", 2, 20));
  score::BuildingsOptions options;
  options.truth = t.dir / "truth", options.prediction = t.dir / "prediction";
  const BuildingsReport r = score_buildings(options);
  REQUIRE(r.images.size() == 2);
  CHECK(counts(r.images[0].counts) == std::vector<int64_t>{2, 0, 2});
  CHECK(counts(r.images[1].counts) == std::vector<int64_t>{2, 0, 0});
  std::string ids, found;
  for (const auto& b : r.images[0].buildings) ids += b.id, found += b.matched ? 'x' : '-';
  CHECK(ids == "1234\n");
  CHECK(found == "-x-x");
  t.write("truth/2.csv", "PolygonWKT_Pix,ImageId\n\n\"POLYGON EMPTY\",a_1\n\"POLYGON ((0 0))\",a_1\n");
  CHECK(contains(error_of([&] { score_buildings(options); }), "truth/2.csv:4: expected a ring"));
}

TEST_CASE("of several bad rows the first image's is named each time") {
  const Tables t;
  std::string rows;
  for (int i = 0; i < 400; ++i) {
    const bool bad = i == 150 || i == 153 || i == 390;
    rows += cat("a_", 1000 + i, ",1,", bad ? std::string("POLYGON") : box(0, 0, 9, 9), ",1\n");
  }
  const score::BuildingsOptions options = t.options("a_1000,1," + box(0, 0, 9, 9) + ",1\n", rows);
  for (int i = 0; i < 20; ++i) {
    CHECK(contains(error_of([&] { score_buildings(options); }), "prediction.csv:152: expected ("));
  }
}

TEST_CASE("a table is not held in memory") {
  const Tables t;
  std::string ring = "\"POLYGON ((";
  for (int i = 0; i < 1000; ++i) {
    const double turn = 2 * 3.14159265358979 * i / 1000;
    ring += cat(500 + 400 * std::cos(turn), " ", 500 + 400 * std::sin(turn), ", ");
  }
  ring += "900 500))\",1\n";
  std::string image;
  for (int b = 0; b < 50; ++b) image += cat("?,", b, ",", ring);
  std::ofstream truth(t.dir / "truth.csv"), prediction(t.dir / "prediction.csv");
  truth << kHeader;
  prediction << kHeader;
  constexpr int64_t kSize = 160 << 20;
  int images = 0;
  for (; truth.tellp() < kSize; ++images) {
    std::string rows = image;
    for (size_t at = 0; (at = rows.find('?', at)) != std::string::npos;) rows.replace(at, 1, cat("A_1_", images));
    truth << rows;
    prediction << "A_1_" << images << ",1," << box(0, 0, 9, 9) << ",1\n";
  }
  truth.close(), prediction.close();
  const ProcessResult r =
      run_process("score", {"buildings", t.dir / "truth.csv", t.dir / "prediction.csv", "--json", "--quiet"});
  REQUIRE(r.exit_code == 0);
  CHECK(nlohmann::json::parse(r.out)["false_negative"] == 50 * images);
  rusage children;
  getrusage(RUSAGE_CHILDREN, &children);
  MESSAGE("a table of ", kSize >> 20, " MB, at most ", children.ru_maxrss >> 10, " MB of memory");
  CHECK(children.ru_maxrss < (128 << 10));  // of any program that this one has run
}
