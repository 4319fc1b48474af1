#include "io/vectorize/square.h"

#include <algorithm>
#include <complex>
#include <numbers>

#include "io/geometry/polygon.h"

namespace ppl {
namespace {

constexpr int kFree = -1;

// Neighbouring sides of one way, as a line through `place`.
struct Side {
  int way;  // its direction's number, or kFree
  Point place, direction;
  double weight;  // length
  size_t first;   // the corner where it begins
};

Point direction_of(double angle) { return {std::cos(angle), std::sin(angle)}; }
constexpr double radians(double degrees) { return degrees * std::numbers::pi / 180; }

// Sums of sides by their squares. Turned by four times their angle, sides point the same way when they are parallel or
// perpendicular: the sum's angle is four times the direction's, its size the part of the squares that agrees.
struct Sides {
  std::complex<double> turned;
  double squares = 0;

  void add(Point side) {
    turned += std::polar(dot(side, side), 4 * std::atan2(side.y, side.x));
    squares += dot(side, side);
  }
  double angle() const { return std::arg(turned) / 4; }
};

// The direction with which the side goes to within the angle; of several the nearest.
int way_of(Point side, const std::vector<Point>& directions, double angle, double second_angle) {
  int best = kFree;
  double least = 0;
  for (size_t i = 0; i < directions.size(); ++i) {
    const double off = std::abs(cross(directions[i], side));
    if (off > std::sin(radians(i < 2 ? angle : second_angle)) * length(side)) continue;
    if (best == kFree || off < least) best = static_cast<int>(i), least = off;
    if (i == 1 && best != kFree) break;  // the main direction comes first
  }
  return best;
}

// The main direction and its perpendicular; where sides that go with neither agree on another, that and its
// perpendicular too, at 45 degrees where it is nearly that.
std::vector<Point> directions_of(const Line& ring, double angle) {
  constexpr double kAgreed = 0.9, kShare = 0.02, kNearlyDiagonal = 7.5;
  Sides all, others;
  for (size_t i = 0; i < ring.size(); ++i) all.add(ring[(i + 1) % ring.size()] - ring[i]);
  const Point main = direction_of(all.angle());
  std::vector<Point> directions{main, {-main.y, main.x}};
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point side = ring[(i + 1) % ring.size()] - ring[i];
    if (way_of(side, directions, angle, 0) == kFree) others.add(side);
  }
  if (others.squares < kShare * all.squares || std::abs(others.turned) < kAgreed * others.squares) return directions;
  double second = others.angle();
  const double diagonal = all.angle() + radians(45);
  const double off = std::remainder(second - diagonal, radians(90));
  if (std::abs(off) < radians(kNearlyDiagonal)) second = diagonal;
  const Point other = direction_of(second);
  directions.insert(directions.end(), {other, {-other.y, other.x}});
  return directions;
}

void merge(Side& into, const Side& other) {
  const double sum = into.weight + other.weight;
  into.place = into.place * (into.weight / sum) + other.place * (other.weight / sum);
  into.weight = sum;
}

// Neighbours of one way become one side.
void merge_neighbours(std::vector<Side>& sides) {
  std::vector<Side> merged;
  for (const Side& side : sides) {
    if (!merged.empty() && side.way != kFree && merged.back().way == side.way) {
      merge(merged.back(), side);
    } else {
      merged.push_back(side);
    }
  }
  if (merged.size() > 1 && merged.front().way != kFree && merged.front().way == merged.back().way) {
    merge(merged.back(), merged.front());
    merged.erase(merged.begin());
  }
  sides = std::move(merged);
}

std::vector<Side> sides_of(const Line& ring, double angle) {
  const std::vector<Point> directions = directions_of(ring, angle);
  std::vector<Side> sides;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i], b = ring[(i + 1) % ring.size()];
    const int way = way_of(b - a, directions, angle, angle / 2);
    const Point direction = way == kFree ? b - a : directions[static_cast<size_t>(way)];
    sides.push_back({way, (a + b) * 0.5, direction, distance(a, b), i});
  }
  merge_neighbours(sides);
  return sides;
}

// Cut corners and small steps, shortest first.
void drop_short_sides(std::vector<Side>& sides, double shorter_than) {
  while (sides.size() > 4) {
    const auto shortest =
        std::min_element(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.weight < b.weight; });
    if (shortest->weight >= shorter_than) return;
    sides.erase(shortest);
    merge_neighbours(sides);
  }
}

std::optional<Point> meeting(const Side& a, const Side& b) {
  const double turn = cross(a.direction, b.direction);
  if (std::abs(turn) < 0.1 * length(a.direction) * length(b.direction)) return {};
  return a.place + a.direction * (cross(b.place - a.place, b.direction) / turn);
}

}  // namespace

Line squared(const Line& ring, double angle, double shift) {
  if (ring.size() < 4) return {};
  std::vector<Side> sides = sides_of(ring, angle);
  drop_short_sides(sides, shift);
  if (sides.size() < 4) return {};
  Line result;
  for (size_t i = 0; i < sides.size(); ++i) {
    const Side &before = sides[(i + sides.size() - 1) % sides.size()], &side = sides[i];
    // Two slanting sides that go nearly straight on keep the corner they have.
    const Point corner = meeting(before, side).value_or(ring[side.first]);
    if (distance(corner, ring[side.first]) > shift) return {};
    result.push_back(corner);
  }
  return result;
}

std::optional<Line> circle_of(const Line& ring, double tolerance) {
  constexpr double kSmallest = 6, kStairs = 1.25, kShare = 0.04;
  const double size = std::abs(signed_area(ring)), radius = std::sqrt(size / std::numbers::pi);
  if (radius < kSmallest) return {};
  Point sum;  // of the triangles' middles from the first corner, by their areas
  for (size_t i = 1; i + 1 < ring.size(); ++i) {
    const Point a = ring[i] - ring[0], b = ring[i + 1] - ring[0];
    sum = sum + (a + b) * (cross(a, b) / 6);
  }
  const Point middle = ring[0] + sum * (1 / signed_area(ring));
  const double limit = std::max(kStairs, kShare * radius);
  for (const Point p : ring)
    if (std::abs(distance(p, middle) - radius) > limit) return {};
  int corners = 12;
  while (corners < 64 && radius * (1 - std::cos(std::numbers::pi / corners)) > tolerance / 2) corners += 4;
  const double turn = 2 * std::numbers::pi / corners, reach = std::sqrt(2 * size / (corners * std::sin(turn)));
  Line circle;
  for (int k = 0; k < corners; ++k)
    circle.push_back(middle + direction_of((signed_area(ring) > 0 ? k : -k) * turn) * reach);
  return circle;
}

}  // namespace ppl
