// Junctions, break-even points and outlines of buildings, worked out on paper.
#include <doctest/doctest.h>

#include <cmath>

#include "apps/score/buildings/outlines.h"
#include "apps/score/masks/curve.h"
#include "apps/score/roads/junctions.h"

using namespace ppl;
using namespace ppl::score;

namespace {

Polygon ring(const Line& points) { return {points, {}}; }

Building building(const Line& points, double confidence) {
  Building b;
  b.polygons = {ring(points)};
  b.shape = Shape(b.polygons);
  b.confidence = confidence;
  return b;
}

}  // namespace

TEST_CASE("junctions: where three meet, each found once") {
  // Half a metre a pixel: a crossing at (20, 20) m, a fork at (40, 20) m; bends and ends are none.
  const std::vector<RoadLine> roads{{{{0, 40}, {40, 40}, {80, 40}, {120, 40}}, {}},
                                    {{{40, 0}, {40, 40}, {40, 90}}, {}},
                                    {{{80, 40}, {100, 90}, {130, 90}}, {}}};
  const std::vector<Point> found = junctions_of(roads, 0.5);
  CHECK(found == std::vector<Point>{{20, 20}, {40, 20}});
  // A road that leads back to where it starts counts twice.
  CHECK(junctions_of({{{{0, 0}, {9, 0}}, {}}, {{{9, 0}, {19, 0}, {19, 9}, {9, 0}}, {}}}, 1).size() == 1);
  const auto counts = [&](const std::vector<Point>& prediction, double radius) {
    const Confusion c = junction_counts(found, prediction, radius);
    return std::array{c.true_positive, c.false_positive, c.false_negative};
  };
  CHECK(counts({{23, 20}}, 3) == std::array<int64_t, 3>{1, 0, 1});
  CHECK(counts({{23, 20}}, 2.9) == std::array<int64_t, 3>{0, 1, 2});
  // The nearer one of two may be left for the other: (30, 20) is as far from both.
  CHECK(counts({{30, 20}, {21, 20}}, 10) == std::array<int64_t, 3>{2, 0, 0});
  CHECK(counts({{20, 20}, {21, 20}}, 10) == std::array<int64_t, 3>{1, 1, 1});
}

TEST_CASE("break-even: where the lines between thresholds meet") {
  // Precision 1, 0.8, 0.6 and recall 0.5, 0.7, 0.9: a quarter of the way from the second to the third.
  const std::vector<CurvePoint> points{
      {0.95, {3, 0, 10, 0}}, {0.9, {10, 10, 10, 5}}, {0.5, {10, 8, 10, 7}}, {0.1, {10, 6, 10, 9}}};
  const auto meet = break_even(points);
  REQUIRE(meet);
  CHECK(meet->rate == doctest::Approx(0.75));
  CHECK(meet->threshold == doctest::Approx(0.4));
  CHECK_FALSE(break_even({{0.9, {10, 10, 10, 5}}}));
  CHECK(break_even({{0.9, {10, 4, 10, 4}}})->rate == 0.4);
  CHECK(largest_near({0, 0, 9, 0, 0, 0}, 1, 6, 1) == std::vector<uint8_t>{0, 9, 9, 9, 0, 0});
  CHECK(largest_near({0, 0, 0, 0, 7, 0, 0, 0, 3}, 3, 3, 1) == std::vector<uint8_t>{0, 7, 0, 7, 7, 7, 0, 7, 3});
}

TEST_CASE("outlines: PoLiS, tangent angles, AP, C-IoU, vertices") {
  if (!have_geos()) return;
  const Line square{{0, 0}, {10, 0}, {10, 10}, {0, 10}}, beside{{1, 0}, {11, 0}, {11, 10}, {1, 10}};
  // Of each one's vertices two lie on the other and two are 1 away.
  CHECK(polis({ring(square)}, {ring(beside)}) == doctest::Approx(0.5));
  CHECK(polis({ring(square)}, {ring(square)}) == 0);
  // Three sides are the same; the upper one rises by 10 on 100. Places near its end come to rest on the right side.
  const Line flat{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, slanted{{0, 0}, {100, 0}, {100, 110}, {0, 100}};
  CHECK(*tangent_error({ring(flat)}, {ring(slanted)}, 2) == doctest::Approx(std::atan(0.1) / M_PI * 180).epsilon(1e-6));
  // Precision 1 up to a recall of 0.5 (51 of the 101 points), then 2 / 3.
  CHECK(average_precision({true, false, true}, 2) == doctest::Approx((51 + 50 * 2.0 / 3) / 101));
  CHECK(average_precision({}, 2) == 0);

  // The same outline with two vertices more, and a false one of four that is surer: at each IoU the right one comes
  // second, so that precision is 1 / 2 throughout.
  BuildingImage image;
  image.truth = {building(square, 1)};
  image.prediction = {building({{0, 0}, {3, 0}, {6, 0}, {10, 0}, {10, 10}, {0, 10}}, 0.5),
                      building({{50, 50}, {60, 50}, {60, 60}, {50, 60}}, 0.9)};
  match_buildings(image, 0.5);
  const OutlineRules rules{{50, 200}, 2};
  const OutlineScore score = score_outlines(image, rules);
  const OutlineReport report = sum_outlines({score}, rules);
  CHECK(*report.ap == doctest::Approx(0.5));
  CHECK(report.iou == doctest::Approx(0.5));
  CHECK(*report.vertex_ratio == doctest::Approx(10 / 4.0));
  CHECK(report.c_iou == doctest::Approx(0.5 * (1 - 6 / 14.0)));
  CHECK(*report.polis == 0);
  CHECK(report.by_size[1].true_positive == 1);
  CHECK(report.by_size[1].false_positive == 1);
  CHECK(report.by_size[0].nothing());
}
