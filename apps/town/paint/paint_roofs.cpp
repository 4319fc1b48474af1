#include <algorithm>
#include <cmath>

#include "apps/town/paint/paint.h"

namespace ppl::synthetic {
namespace {

constexpr double kPitch = 0.66;      // of the slopes, radians
constexpr double kElevation = 0.73;  // of the sun, radians

// Brightness of a slope that falls towards `downhill` (unit; zero for a flat roof).
double light_on(Point downhill, double pitch) {
  const double facing =
      downhill.dot(towards_sun()) * std::sin(pitch) * std::cos(kElevation) + std::cos(pitch) * std::sin(kElevation);
  return 0.52 + 0.72 * std::max(0.0, facing);
}

Colour roof_colour(const Building& building, Rng& rng) {
  static const Colour tiles[] = {rgb(164, 92, 68), rgb(148, 80, 62), rgb(132, 84, 70),  rgb(112, 84, 76),
                                 rgb(96, 96, 100), rgb(84, 82, 86),  rgb(172, 112, 84), rgb(122, 108, 98)};
  static const Colour flats[] = {rgb(150, 148, 144), rgb(176, 174, 170), rgb(128, 128, 128),
                                 rgb(196, 194, 188), rgb(142, 134, 122), rgb(112, 120, 104)};
  return building.roof == Roof::flat ? varied(flats[rng.index(6)], 0.1, rng) : varied(tiles[rng.index(8)], 0.1, rng);
}

void paint_flat(const Building& building, const Colour& colour, Rng& rng, Canvas& canvas) {
  const Colour base = scaled(colour, light_on({0, 0}, 0));
  for (const Wing& wing : building.wings) {
    canvas.fill(rectangle(wing.centre, wing.axis, wing.length, wing.width), scaled(base, 1.14));
    canvas.fill(rectangle(wing.centre, wing.axis, wing.length - 0.9, wing.width - 0.9), base);
    const int stains = static_cast<int>(wing.length * wing.width / 70);
    for (int i = 0; i < stains; ++i) {
      const Point p = wing.centre + wing.axis * (wing.length * rng.uniform(-0.38, 0.38)) +
                      left_of(wing.axis) * (wing.width * rng.uniform(-0.38, 0.38));
      const double room = std::min(wing.length, wing.width) * 0.2;
      canvas.fill(rectangle(p, wing.axis, rng.uniform(0.3, room), rng.uniform(0.3, room)), varied(base, 0.07, rng));
    }
    // Air conditioning, hatches and skylights, each with its little shadow.
    const int boxes = static_cast<int>(wing.length * wing.width / 90 * rng.uniform(0.3, 1.3));
    for (int i = 0; i < boxes; ++i) {
      const Point p = wing.centre + wing.axis * (wing.length * rng.uniform(-0.4, 0.4)) +
                      left_of(wing.axis) * (wing.width * rng.uniform(-0.38, 0.38));
      const double a = rng.uniform(1, 3), b = rng.uniform(0.9, 2);
      canvas.fill(rectangle(p + shadow_of_a_metre() * 1.1, wing.axis, a, b), scaled(base, 0.6));
      canvas.fill(rectangle(p, wing.axis, a, b), rng.chance(0.7) ? rgb(204, 204, 204) : rgb(118, 134, 150));
    }
  }
}

// Both slopes of a wing; `hip` draws the ends in as well.
void paint_wing(const Wing& wing, bool hip, const Colour& colour, Canvas& canvas) {
  const Point across = left_of(wing.axis), half = across * (wing.width / 2), run = wing.axis * (wing.length / 2);
  const double inset = hip ? std::min(wing.width / 2, wing.length / 2 - 0.3) : 0;
  const Point ridge_a = wing.centre - wing.axis * (wing.length / 2 - inset);
  const Point ridge_b = wing.centre + wing.axis * (wing.length / 2 - inset);
  const Colour left = scaled(colour, light_on(across, kPitch)), right = scaled(colour, light_on(-across, kPitch));
  canvas.fill({wing.centre - run + half, wing.centre + run + half, ridge_b, ridge_a}, left);
  canvas.fill({wing.centre - run - half, wing.centre + run - half, ridge_b, ridge_a}, right);
  if (hip) {
    canvas.fill({wing.centre + run + half, wing.centre + run - half, ridge_b},
                scaled(colour, light_on(wing.axis, kPitch)));
    canvas.fill({wing.centre - run + half, wing.centre - run - half, ridge_a},
                scaled(colour, light_on(-wing.axis, kPitch)));
  }
  // Courses of tiles, then the ridge.
  for (double d = 0.9; d < wing.width / 2 - 0.4; d += 1.1) {
    const double shorter = hip ? std::max(0.0, wing.length - 2 * (wing.width / 2 - d)) : wing.length;
    const Point end = wing.axis * (shorter / 2 - 0.3);
    if (shorter < 1) continue;
    canvas.stroke({wing.centre + across * d - end, wing.centre + across * d + end}, 0.25, scaled(left, 0.95));
    canvas.stroke({wing.centre - across * d - end, wing.centre - across * d + end}, 0.25, scaled(right, 0.95));
  }
  canvas.stroke({ridge_a, ridge_b}, 0.35, scaled(colour, 1.12));
}

// The second wing of an L: its slopes run into the main roof along two valleys.
void paint_side_wing(const Wing& wing, const Wing& main, const Colour& colour, Canvas& canvas) {
  const Point across = left_of(wing.axis), half = across * (wing.width / 2);
  const Point root = wing.centre - wing.axis * (wing.length / 2), end = wing.centre + wing.axis * (wing.length / 2);
  // Equal pitch: the lower ridge meets the main slope half its own width inside the eaves.
  const Point eaves = root + wing.axis * (main.width / 2), apex = eaves - wing.axis * (wing.width / 2);
  canvas.fill({end + half, eaves + half, apex, end}, scaled(colour, light_on(across, kPitch)));
  canvas.fill({end - half, eaves - half, apex, end}, scaled(colour, light_on(-across, kPitch)));
  canvas.stroke({apex, end}, 0.3, scaled(colour, 1.12));
}

void paint_details(const Building& building, Rng& rng, Canvas& canvas) {
  const Wing& wing = building.wings[0];
  const Point across = left_of(wing.axis);
  const int chimneys = 1 + rng.index(2);
  for (int i = 0; i < chimneys; ++i) {
    const Point p = wing.centre + wing.axis * (wing.length * rng.uniform(-0.3, 0.3)) + across * rng.uniform(-0.8, 0.8);
    canvas.fill(rectangle(p + shadow_of_a_metre() * 1.0, wing.axis, 0.8, 0.8), rgb(58, 50, 48));
    canvas.fill(rectangle(p, wing.axis, 0.8, 0.8), rgb(150, 128, 118));
  }
  const double sunny = across.dot(towards_sun()) > 0 ? 1 : -1;
  if (rng.chance(0.16)) {
    const Point panel = wing.centre + across * (sunny * wing.width * 0.24);
    canvas.fill(rectangle(panel, wing.axis, wing.length * rng.uniform(0.4, 0.75), wing.width * 0.3), rgb(44, 52, 76));
  } else if (rng.chance(0.3)) {
    const Point window = wing.centre + across * (sunny * wing.width * 0.25) + wing.axis * rng.uniform(-2, 2);
    canvas.fill(rectangle(window, wing.axis, 1, 1.3), rgb(128, 150, 168));
  }
}

}  // namespace

Point towards_sun() { return {0.6, 0.8}; }

Point shadow_of_a_metre() { return towards_sun() * (-1 / std::tan(kElevation)); }

void paint_roofs(const Town& town, Canvas& canvas) {
  for (const Building& building : town.buildings) {
    const Wing& main = building.wings[0];
    if (!canvas.sees(main.centre, main.length + main.width)) continue;
    Rng rng(building.seed);
    const Colour colour = roof_colour(building, rng);
    if (building.roof == Roof::flat) {
      paint_flat(building, colour, rng, canvas);
      continue;
    }
    paint_wing(main, building.roof == Roof::hip, colour, canvas);
    if (building.wings.size() > 1) paint_side_wing(building.wings[1], main, colour, canvas);
    paint_details(building, rng, canvas);
  }
}

}  // namespace ppl::synthetic
