// Buildings with right angles and others, discs, neighbours.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "io/geometry/shape.h"
#include "io/vectorize/buildings.h"
#include "io/vectorize/square.h"
#include "tests/support/images/drawn.h"
#include "tests/support/io_support.h"

using namespace ppl;

TEST_CASE("corners cut at 45 degrees, wings of another direction, discs") {
  if (!have_geos()) return;
  BuildingOptions options;
  options.square = true;
  const auto of = [&](const Line& ring) {
    const std::vector<Polygon> found = buildings_from_mask(filled(200, 200, {{ring, {}}}), options);
    REQUIRE(found.size() == 1);
    CHECK(shape_iou(Shape(found), Shape({{ring, {}}})) > 0.96);
    return found[0].outer;
  };
  const auto turns = [](const Line& ring, size_t k) {  // degrees at a corner, modulo 90
    const Point a = ring[k], b = ring[(k + 1) % ring.size()], c = ring[(k + 2) % ring.size()];
    return std::remainder(std::atan2(cross(b - a, c - b), dot(b - a, c - b)) * 180 / std::numbers::pi, 90);
  };
  const Line bevelled = of({{30, 30}, {100, 36}, {126, 66.5}, {120, 136}, {22, 127.6}});
  CHECK(bevelled.size() == 5);
  int diagonal = 0;
  for (size_t k = 0; k < bevelled.size(); ++k) {
    const double turn = std::abs(turns(bevelled, k));
    CHECK((turn < 1e-6 || std::abs(turn - 45) < 1e-6));
    diagonal += turn > 1;
  }
  CHECK(diagonal == 2);

  const double a = 35 * std::numbers::pi / 180;  // a wing at 35 degrees, 60 x 30, out of the right side
  const Point u{std::cos(a), std::sin(a)}, v{-std::sin(a), std::cos(a)}, at{90, 60};
  const Line winged = of(
      {{20, 20}, {90, 20}, at, at + u * 60, at + u * 60 + v * 30, {90, 60 + 30 / std::cos(a)}, {90, 150}, {20, 150}});
  int wing = 0;
  for (size_t k = 0; k < winged.size(); ++k) {
    const double turn = std::abs(turns(winged, k));
    CHECK((turn < 1e-6 || (turn > 32 && turn < 38)));
    wing += turn > 1;
  }
  CHECK(wing == 2);

  Line circle;
  for (int i = 0; i < 90; ++i) circle.push_back({60 + 30 * std::cos(i * 0.0698), 60 + 30 * std::sin(i * 0.0698)});
  const Line round = of(circle);
  CHECK(round.size() >= 12);
  for (const Point p : round) CHECK(distance(p, {60, 60}) == doctest::Approx(30).epsilon(0.03));
  CHECK_FALSE(circle_of(turned_rectangle({60, 60}, 60, 60, 20), 1));
  CHECK_FALSE(circle_of({{40, 20}, {60, 20}, {80, 40}, {80, 60}, {60, 80}, {40, 80}, {20, 60}, {20, 40}}, 1));
}

TEST_CASE("neighbours do not overlap, simplified or squared") {
  if (!have_geos()) return;
  std::mt19937 random(7);
  for (int pass = 0; pass < 6; ++pass) {
    // Slanting houses, a pixel or two apart.
    BitImage mask(160, 160);
    const double degrees = static_cast<double>(random() % 90), a = degrees * std::numbers::pi / 180;
    for (int k = -3; k <= 3; ++k) {
      for (int row = -2; row <= 2; ++row) {
        const double along = k * 21.5, across = row * 24.0 + static_cast<double>(random() % 3);
        const Point middle{80 + along * std::cos(a) - across * std::sin(a),
                           80 + along * std::sin(a) + across * std::cos(a)};
        const BitImage one =
            filled(160, 160, {{turned_rectangle(middle, 20, 22, degrees + static_cast<double>(random() % 5)), {}}});
        for (const Run& run : find_runs(one)) mask.fill(run.row, run.begin, run.end, true);
      }
    }
    for (const bool square : {false, true}) {
      BuildingOptions options;
      options.square = square;
      options.simplify = 3;
      const std::vector<Polygon> found = buildings_from_mask(mask, options);
      CHECK(found.size() > 5);
      for (size_t i = 0; i < found.size(); ++i)
        for (size_t k = 0; k < i; ++k) CHECK(intersection_area(Shape({found[i]}), Shape({found[k]})) < 1e-9);
    }
  }
}
