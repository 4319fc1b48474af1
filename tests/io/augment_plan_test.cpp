#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "io/tiles/augment.h"

namespace ppl {
namespace {

TEST_CASE("plans keep to the published ranges and chances") {
  int hsv = 0, warp = 0, flip_x = 0, flip_y = 0, turn = 0, all = 0;
  std::set<int> hues, saturations, values;
  std::set<int64_t> rows;
  double least_scale = 9, most_scale = 0;
  constexpr int kPlans = 20'000;
  for (int i = 0; i < kPlans; ++i) {
    const AugmentPlan p = draw_plan(Augmentation{}, 1, i / 100, i % 100, 1030, 1024, 1024);
    hsv += p.hsv;
    warp += p.warp;
    flip_x += p.flip_x;
    flip_y += p.flip_y;
    turn += p.turn;
    all += p.hsv && p.warp && p.flip_x && p.flip_y && p.turn;
    hues.insert(p.hue);
    saturations.insert(p.saturation);
    values.insert(p.value);
    rows.insert(p.crop_y);
    REQUIRE(p.crop_x == 0);
    const double sx = (p.x1 - p.x0) / 1024.0, sy = (p.y1 - p.y0) / 1024.0;
    const double dx = (p.x0 + p.x1) / 2 - 512, scale = std::sqrt(sx * sy), aspect = sx / sy;
    REQUIRE((scale > 0.8999 && scale < 1.1001));
    REQUIRE((aspect > 0.8999 && aspect < 1.1001));
    REQUIRE(std::abs(dx) <= 102.001);
    REQUIRE(std::abs(dx - std::rint(dx)) < 1e-3);
    least_scale = std::min(least_scale, scale);
    most_scale = std::max(most_scale, scale);
  }
  for (const int n : {hsv, warp, flip_x, flip_y, turn}) CHECK(n == doctest::Approx(kPlans / 2).epsilon(0.03));
  CHECK(all == doctest::Approx(kPlans / 32).epsilon(0.15));
  CHECK((hues.size() == 61 && *hues.begin() == -30 && *hues.rbegin() == 30));
  CHECK((saturations.size() == 11 && *saturations.begin() == -5 && *values.begin() == -15 && *values.rbegin() == 15));
  CHECK((rows.size() == 7 && *rows.begin() == 0 && *rows.rbegin() == 6));
  CHECK((least_scale < 0.901 && most_scale > 1.099));
}

TEST_CASE("a plan depends on seed, epoch and index alone; images that are not square are not turned") {
  const auto same = [](const AugmentPlan& a, const AugmentPlan& b) {
    return a.x0 == b.x0 && a.y0 == b.y0 && a.hue == b.hue && a.crop_x == b.crop_x;
  };
  const auto plan = [](uint64_t seed, int64_t epoch, int64_t index) {
    return draw_plan(Augmentation{}, seed, epoch, index, 400, 400, 320);
  };
  CHECK(same(plan(1, 2, 3), plan(1, 2, 3)));
  CHECK(!same(plan(1, 2, 3), plan(2, 2, 3)));
  CHECK(!same(plan(1, 2, 3), plan(1, 3, 3)));
  CHECK(!same(plan(1, 2, 3), plan(1, 2, 4)));
  CHECK(!same(plan(1, 2, 3), plan(1, 3, 2)));
  for (int i = 0; i < 50; ++i) CHECK(!draw_plan(Augmentation{}, 1, 0, i, 40, 50, 0).turn);
}

}  // namespace
}  // namespace ppl
