#include "apps/town/plan.h"

#include <algorithm>
#include <cmath>

namespace ppl::synthetic {
namespace {

constexpr double kFieldWidth = 130;

double bump(Point p, Point centre, double radius) {
  const Point d = (p - centre) / radius;
  return std::exp(-d.dot(d));
}

// A line across the area from one side to the other that swings by `swing` metres.
Line crossing(double width, double height, bool upright, double at, double swing, double scale, uint64_t seed) {
  const double run = upright ? height : width, cross = upright ? width : height;
  Line line;
  for (double t = -kMargin - 40; t <= run + kMargin + 40; t += 5) {
    const double s = cross * at + swing * fbm(t / scale, 0.5, seed, 2);
    line.push_back(upright ? Point(s, t) : Point(t, s));
  }
  return simplify(line, 0.2);
}

}  // namespace

Plan::Plan(double width, double height, uint64_t seed) : width_(width), height_(height), seed_(seed) {
  Rng rng(mix(seed, 1));
  base_angle_ = rng.uniform(-0.5, 0.5);
  field_angle_ = base_angle_ + rng.uniform(-0.4, 0.4);
  centre_ = {width * rng.uniform(0.38, 0.5), height * rng.uniform(0.4, 0.6)};
  const bool upright = rng.chance(0.5);
  river_ = crossing(width, height, upright, rng.chance(0.5) ? rng.uniform(0.14, 0.22) : rng.uniform(0.78, 0.86), 110,
                    330, mix(seed, 2));
  rail_ = crossing(width, height, !upright, rng.chance(0.5) ? rng.uniform(0.2, 0.3) : rng.uniform(0.7, 0.8), 70, 800,
                   mix(seed, 3));
}

double Plan::street_angle(Point p) const {
  // Steps with soft edges: districts whose streets make a grid, and bent streets between them.
  const double t = 2.4 * fbm(p.x / 620, p.y / 620, mix(seed_, 10), 2);
  const double step = std::floor(t), part = t - step;
  const double soft = std::clamp((part - 0.25) / 0.5, 0.0, 1.0);
  const double bent = 0.22 * noise(p.x / 170, p.y / 170, mix(seed_, 11));
  return base_angle_ + 0.62 * (step + soft * soft * (3 - 2 * soft)) + bent;
}

double Plan::urban(Point p) const {
  const double land = 0.5 + 0.75 * fbm(p.x / 520, p.y / 520, mix(seed_, 12), 2);
  return std::clamp(land + 0.75 * bump(p, centre_, 230), 0.0, 1.0);
}

double Plan::industry(Point p) const {
  return fbm(p.x / 260, p.y / 260, mix(seed_, 13), 1) - 0.34 - bump(p, centre_, 200);
}

double Plan::woods(Point p) const { return fbm(p.x / 190, p.y / 190, mix(seed_, 14), 3) - 0.24; }

bool Plan::barred(Point p, double clearance) const {
  return distance(p, river_) < river_width() / 2 + 8 + clearance || distance(p, rail_) < 6 + clearance;
}

Point Plan::warp(Point p) const {
  return {35 * noise(p.x / 260, p.y / 260, mix(seed_, 15)), 35 * noise(p.x / 260, p.y / 260, mix(seed_, 16))};
}

FieldCell Plan::field(Point p) const {
  const Point q = p + warp(p), axis = unit(field_angle_);
  const double u = q.dot(axis), v = q.dot(left_of(axis));
  const double column = std::floor(u / kFieldWidth);
  Rng rng(mix(seed_, 17, static_cast<uint64_t>(static_cast<int64_t>(column))));
  const double tall = rng.uniform(45, 120), shift = rng.uniform(0, 100);
  const double row = std::floor((v + shift) / tall);
  const double du = u - column * kFieldWidth, dv = v + shift - row * tall;
  const double edge = std::min({du, kFieldWidth - du, dv, tall - dv});
  const uint64_t id = mix(mix(seed_, 18), static_cast<uint64_t>(static_cast<int64_t>(column)),
                          static_cast<uint64_t>(static_cast<int64_t>(row)));
  return {id, edge, id % 2 == 0 ? dv : du};
}

int Plan::field_columns() const { return static_cast<int>((width_ + height_ + 2 * kMargin) / kFieldWidth) + 1; }

Line Plan::field_boundary(int column) const {
  const Point axis = unit(field_angle_), across = left_of(axis);
  const double reach = width_ + height_ + 2 * kMargin;
  Line line;
  for (double v = -reach; v <= reach; v += 6) {
    const Point q = axis * (column * kFieldWidth) + across * v;
    Point p = q;
    // The warp is gentle (its slope stays below 1/2), so this fixed point iteration converges.
    for (int i = 0; i < 8; ++i) p = q - warp(p);
    if (p.x > -kMargin && p.y > -kMargin && p.x < width_ + kMargin && p.y < height_ + kMargin) line.push_back(p);
  }
  return line;
}

}  // namespace ppl::synthetic
