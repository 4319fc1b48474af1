// Cars, trees, and the shadows of everything that stands up.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "apps/town/paint/paint.h"

namespace ppl::synthetic {
namespace {

constexpr int kLobes = 9;

// Lobes around the stem make an irregular crown; the same ones give its shadow.
struct Lobe {
  Point at;
  double radius;
};

std::vector<Lobe> lobes(const Tree& tree, Rng& rng) {
  std::vector<Lobe> result{{tree.at, tree.radius * 0.72}};
  for (int i = 0; i < kLobes; ++i) {
    const double angle = (i + rng.uniform(-0.4, 0.4)) * 2 * std::numbers::pi / kLobes;
    const double reach = tree.radius * rng.uniform(0.42, 0.72);
    result.push_back({tree.at + unit(angle) * reach, tree.radius * rng.uniform(0.28, 0.44)});
  }
  return result;
}

void paint_tree(const Tree& tree, Canvas& canvas) {
  static const Colour leaves[] = {rgb(72, 92, 52), rgb(84, 100, 54), rgb(62, 84, 54), rgb(98, 106, 60),
                                  rgb(56, 74, 52)};
  Rng rng(tree.seed);
  const std::vector<Lobe> crown = lobes(tree, rng);
  const Colour colour = varied(leaves[rng.index(5)], 0.14, rng);
  for (const Lobe& lobe : crown) canvas.disc(lobe.at, lobe.radius, scaled(colour, 0.7));
  // Each lobe again, smaller, shifted to the sun and brighter on the sunny side of the crown.
  for (const Lobe& lobe : crown) {
    const double sunny = (lobe.at - tree.at).dot(towards_sun()) / tree.radius;
    const Point at = lobe.at + towards_sun() * (lobe.radius * 0.25);
    canvas.disc(at, lobe.radius * 0.7, scaled(colour, 0.9 + 0.32 * sunny + rng.uniform(-0.08, 0.08)));
  }
  const int specks = static_cast<int>(tree.radius * tree.radius * 1.6);
  for (int i = 0; i < specks; ++i) {
    const Point p = tree.at + unit(rng.uniform(0, 2 * std::numbers::pi)) * (tree.radius * 0.85 * rng.uniform(0, 1));
    const double sunny = (p - tree.at).dot(towards_sun()) / tree.radius;
    canvas.disc(p, rng.uniform(0.2, 0.5), scaled(colour, 0.95 + 0.45 * sunny + rng.uniform(-0.25, 0.25)));
  }
}

}  // namespace

void paint_cars(const Town& town, Canvas& canvas) {
  static const Colour paints[] = {rgb(212, 212, 212), rgb(168, 170, 174), rgb(60, 62, 66),  rgb(38, 40, 44),
                                  rgb(118, 50, 46),   rgb(58, 72, 102),   rgb(96, 98, 102), rgb(226, 226, 222)};
  for (const Car& car : town.cars) {
    if (!canvas.sees(car.at, car.length)) continue;
    Rng rng(car.seed);
    const bool truck = car.length > 6;
    const double width = truck ? 2.5 : 1.8;
    const Colour paint = truck ? rgb(206, 204, 198) : varied(paints[rng.index(8)], 0.06, rng);
    canvas.fill(rectangle(car.at, car.axis, car.length, width), paint);
    const Colour glass = scaled(paint, 0.5) * 0.5 + rgb(44, 50, 56) * 0.5;
    if (truck) {
      canvas.fill(rectangle(car.at + car.axis * (car.length * 0.5 - 1.9), car.axis, 0.4, width), glass);
      continue;
    }
    canvas.fill(rectangle(car.at + car.axis * (car.length * 0.13), car.axis, 0.7, width * 0.84), glass);
    canvas.fill(rectangle(car.at - car.axis * (car.length * 0.3), car.axis, 0.5, width * 0.8), glass);
  }
}

void paint_shadows(const Town& town, Canvas& canvas) {
  const Colour shade(255);
  for (const Building& building : town.buildings) {
    const Point fall = shadow_of_a_metre() * (building.height + (building.roof == Roof::flat ? 0.0 : 1.5));
    if (!canvas.sees(building.wings[0].centre, 70 + cv::norm(fall))) continue;
    for (const Wing& wing : building.wings) {
      // A box's shadow is the hull of its foot and of its top moved along the shadow.
      std::vector<cv::Point2f> points;
      for (const Point p : rectangle(wing.centre, wing.axis, wing.length, wing.width)) {
        points.emplace_back(p);
        points.emplace_back(p + fall);
      }
      std::vector<cv::Point2f> hull;
      cv::convexHull(points, hull);
      canvas.fill(Line(hull.begin(), hull.end()), shade);
    }
  }
  for (const Tree& tree : town.trees) {
    const Point fall = shadow_of_a_metre() * tree.height;
    if (!canvas.sees(tree.at, tree.radius + cv::norm(fall))) continue;
    Rng rng(tree.seed);
    for (const Lobe& lobe : lobes(tree, rng)) canvas.disc(lobe.at + fall * 0.8, lobe.radius, shade);
  }
  for (const Car& car : town.cars) {
    if (!canvas.sees(car.at, car.length + 3)) continue;
    const double height = car.length > 6 ? 3.0 : 1.3;
    canvas.fill(rectangle(car.at + shadow_of_a_metre() * height * 0.6, car.axis, car.length, 1.9), shade);
  }
}

void paint_trees(const Town& town, Canvas& canvas) {
  for (const Tree& tree : town.trees) {
    if (canvas.sees(tree.at, tree.radius * 1.3)) paint_tree(tree, canvas);
  }
}

}  // namespace ppl::synthetic
