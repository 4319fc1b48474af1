// APLS: hand-made road graphs, both methods against each other, and the results of the reference.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apps/score/apls/apls.h"
#include "apps/score/apls/check.h"
#include "apps/score/apls/graph.h"
#include "apps/score/roads/cases.h"
#include "tests/support/io_support.h"
#include "tests/support/maps/road_support.h"

namespace ppl::score {
namespace {

std::vector<RoadLine> lines_of(const std::vector<Line>& lines) {
  std::vector<RoadLine> result;
  for (const Line& line : lines) result.push_back({line, {0, result.size() + 1}});
  return result;
}

std::vector<RoadLine> valid(std::vector<RoadLine> lines) {
  ImageRoads roads{std::move(lines), {}};
  set_bad_rows_aside(roads);
  return std::move(roads.lines);
}

TEST_CASE("road graphs: joined edges, rings, loops, midpoints") {
  const auto counts = [](const std::vector<RoadLine>& lines) {
    const AplsGraph n = build_graph(lines);
    return std::pair(n.nodes.size(), n.edges_in_order().size());
  };
  CHECK(counts(lines_of({{{0, 0}, {50, 0}, {100, 0}}})) == std::pair(2, size_t{1}));
  CHECK(counts(lines_of({{{0, 0}, {50, 0}, {100, 0}}, {{50, 0}, {50, 80}}})) == std::pair(4, size_t{3}));
  CHECK(counts(lines_of({{{0, 0}, {50, 0}, {50, 50}, {0, 0}}})) == std::pair(3, size_t{3}));  // a ring alone
  CHECK(counts(lines_of({{{0, 0}, {50, 0}, {90, 40}, {90, -40}, {50, 0}}})) == std::pair(2, size_t{2}));  // a lasso
  AplsGraph road = build_graph(lines_of({{{0, 0}, {323, 0}}}));  // just over two spacings of 161.29
  add_midpoints(road, {});
  CHECK(road.nodes.size() == 4);
  AplsGraph shorter = build_graph(lines_of({{{0, 0}, {120.9, 0}}}));
  add_midpoints(shorter, {});
  CHECK(shorter.nodes.size() == 2);
  AplsGraph far = build_graph(lines_of({{{0, 0}, {1e12, 0}}}));
  CHECK(test::contains(test::error_of([&] { add_midpoints(far, {}); }), "control points"));
}

TEST_CASE("scores that can be worked out") {
  const AplsParameters p;
  const auto road = lines_of({{{0, 0}, {100, 0}}});
  CHECK(score_image(road, road, p).score == 1);
  CHECK(score_image({}, {}, p).score == 1);
  CHECK(score_image(road, {}, p).score == 0);
  // A detour of 120 where the truth has 100: 20 % lost one way; back, (120 - 100) / 120.
  const auto detour = lines_of({{{0, 0}, {20, 0}, {20, 10}, {80, 10}, {80, 0}, {100, 0}}});
  const ImageApls d = score_image(road, detour, p);
  CHECK(d.truth_to_prediction == doctest::Approx(0.8));
  CHECK(d.prediction_to_truth == doctest::Approx(1 - 20.0 / 120));
  CHECK(d.score == doctest::Approx(harmonic_mean(0.8, 1 - 20.0 / 120)));
  // 12.9 pixels are within the 4 m that a point may be moved, 13 are not.
  CHECK(score_image(road, lines_of({{{0, 12.9}, {100, 12.9}}}), p).score == doctest::Approx(1));
  CHECK(score_image(road, lines_of({{{0, 13}, {100, 13}}}), p).score == 0);
  AplsParameters wide = p;
  wide.snap = 5;
  CHECK(score_image(road, lines_of({{{0, 13}, {100, 13}}}), wide).score == doctest::Approx(1));
  // One arm of three is missing: of six routes four lose all.
  const auto tee = lines_of({{{0, 0}, {60, 0}}, {{60, 0}, {110, 0}}, {{60, 0}, {60, 100}}});
  const auto bar = lines_of({{{0, 0}, {60, 0}, {110, 0}}});
  const ImageApls t = score_image(tee, bar, p);
  CHECK(t.truth_to_prediction == doctest::Approx(0.5));
  CHECK(t.prediction_to_truth == doctest::Approx(1));
}

void check_same(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction, int64_t& walked) {
  const ImageApls quick = score_image(truth, prediction, {}),
                  literal = score_image(truth, prediction, {}, AplsMethod::literal);
  CHECK(std::fabs(quick.truth_to_prediction - literal.truth_to_prediction) <= 1e-12);
  CHECK(std::fabs(quick.prediction_to_truth - literal.prediction_to_truth) <= 1e-12);
  CHECK(std::fabs(quick.score_by_length - literal.score_by_length) <= 1e-12);
  CHECK(quick.control_points == literal.control_points);
  walked += quick.walked[0] + quick.walked[1];
}

TEST_CASE("the quick method gives what the literal one gives") {
  int64_t walked = 0, all = 0;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const auto truth = valid(test::town(random, static_cast<int>(random.integer(4, 150)), random.uniform(15, 300)));
    const auto prediction = valid(test::detected(random, truth, random.uniform(0, 12), random.uniform(0, 0.5)));
    check_same(truth, prediction, walked);
    const auto points = score_image(truth, prediction, {}).control_points;
    all += points[0] + points[1];
  }
  CHECK(walked < all / 20);  // or this would compare the literal method with itself
  MESSAGE(walked, " of ", all, " control points of towns were walked from");
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Random random(seed, 1);
    check_same(valid(test::tangle(random, 6)), valid(test::tangle(random, 6)), walked);
  }
}

// Rows at places whose cells share their number with others, rows far away, rings, and every point of a row twice.
std::vector<RoadLine> scattered(Random& random, std::vector<RoadLine> lines) {
  for (RoadLine& line : lines) {
    const Point shifts[] = {{0, 0}, {0, 0}, {4295, -3270.4}, {1e9, -1e9}, {-4e15, 0}};
    const Point shift = shifts[random.integer(0, 4)];
    if (random.chance(0.3)) line.points.push_back(line.points.front());
    if (random.chance(0.2)) line.points.push_back({line.points.back().x + 0.02, line.points.back().y});
    for (Point& p : line.points) p = {p.x + shift.x, p.y + shift.y};
  }
  return lines;
}

TEST_CASE("the methods agree on rings, steps within a cell, shared cells, far places, and where a side is empty") {
  int64_t walked = 0, rings = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Random random(seed, 3);
    const auto truth = valid(scattered(random, test::tangle(random, 6))),
               prediction = valid(scattered(random, test::tangle(random, 6)));
    check_same(truth, prediction, walked);
    for (const RoadLine& line : truth) rings += line.points.front() == line.points.back();
    if (seed % 20 > 0) continue;
    check_same(truth, {}, walked);
    check_same({}, truth, walked);
    check_same({}, {}, walked);
  }
  CHECK(rings > 50);
}

// A control point 8 pixels from where the truth's second road begins on its first one, without a common vertex: its
// foot is a ghost that holds 8, and a search from 5 pixels away enters it.
TEST_CASE("a search that enters a ghost is walked, as the literal method does") {
  const auto road = [](std::vector<Point> points, uint64_t row) { return RoadLine{std::move(points), {0, row}}; };
  const auto truth = valid({road({{0, 0}, {100, 0}}, 1), road({{5, 0}, {5, -50}}, 2)}),
             prediction = valid({road({{0, 1}, {60, 40}}, 1), road({{5, 8}, {60, 40}}, 2)});
  int64_t walked = 0;
  check_same(truth, prediction, walked);
  CHECK(walked == 1);
}

TEST_CASE("threads do not change a bit") {
  Random random(3);
  const auto truth = valid(test::town(random, 1500)), prediction = valid(test::detected(random, truth, 4, 0.1));
  const ImageApls one = score_image(truth, prediction, {}),
                  four = score_image(truth, prediction, {}, AplsMethod::quick, 4);
  CHECK(one.truth_to_prediction == four.truth_to_prediction);
  CHECK(one.prediction_to_truth == four.prediction_to_truth);
  CHECK(one.score > 0.5);
}

TEST_CASE("rows that cannot be scored are set aside with a reason") {
  const auto reasons = [](const std::vector<Line>& lines) {
    ImageRoads roads{lines_of(lines), {}};
    set_bad_rows_aside(roads);
    std::string text;
    for (const BadRow& row : roads.bad) text += cat(row.place.row, ": ", row.reason, "; ");
    return text;
  };
  CHECK(reasons({{}}) == "");
  CHECK(reasons({{{0, 0}, {9, 0}}, {{9, 0}, {9, 9}}}) == "");
  CHECK(reasons({{}, {}}).starts_with("1: EMPTY must be the only row"));
  CHECK(reasons({{{0, 0}, {9, 0}}, {}}).starts_with("2: EMPTY"));
  CHECK(reasons({{{3, 4}}}).starts_with("1: a road of one point, (3 4)"));
  CHECK(reasons({{{3, 4}, {3.005, 4}}}).starts_with("1: two consecutive points less than 0.01"));
  CHECK(reasons({{{0, 0}, {9, 0}, {0.02, 0}}}).find("occurs twice") != std::string::npos);
  CHECK(reasons({{{0, 0}, {9, 0}}, {{5, 5}, {9, 0.01}, {0, 0}}}).starts_with("2: the segment (9 0.01) - (0 0)"));
  CHECK(reasons({{{0, 0}, {0.03, 0}, {0.01, 0}}}).find("occurs twice") != std::string::npos);
}

TEST_CASE("every case of the reference, by both methods") {
  const std::string folder = test::data_folder("apls");
  if (folder.empty()) {
    MESSAGE("skipped: no apls folder in $PPL_DATA or ../shared/data");
    return;
  }
  const CasesResult quick = run_cases(folder + "/expected.json", AplsMethod::quick, 1);
  CHECK(quick.failed == 0);
  CHECK(quick.cases > 50);
  CHECK(quick.worst <= 1e-9);
  if (quick.failed > 0) MESSAGE(quick.text);
}

}  // namespace
}  // namespace ppl::score
