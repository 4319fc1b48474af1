#include "io/vectorize/square.h"

#include <algorithm>
#include <complex>
#include <numbers>
#include <optional>

namespace ppl {
namespace {

enum class Way { along, across, free };

// Neighbouring sides of one way, as a line through `place`.
struct Side {
  Way way;
  Point place, direction;
  double weight;  // length
  size_t first;   // the corner where it begins
};

// Sides turned by four times their angle point the same way when they are parallel or perpendicular.
Point main_direction(const Line& ring) {
  std::complex<double> sum;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point side = ring[(i + 1) % ring.size()] - ring[i];
    sum += std::polar(dot(side, side), 4 * std::atan2(side.y, side.x));
  }
  const double angle = std::arg(sum) / 4;
  return {std::cos(angle), std::sin(angle)};
}

Way way_of(Point side, Point main, double angle) {
  const double limit = std::sin(angle * std::numbers::pi / 180) * length(side);
  if (std::abs(cross(main, side)) <= limit) return Way::along;
  if (std::abs(dot(main, side)) <= limit) return Way::across;
  return Way::free;
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
    if (!merged.empty() && side.way != Way::free && merged.back().way == side.way) {
      merge(merged.back(), side);
    } else {
      merged.push_back(side);
    }
  }
  if (merged.size() > 1 && merged.front().way != Way::free && merged.front().way == merged.back().way) {
    merge(merged.back(), merged.front());
    merged.erase(merged.begin());
  }
  sides = std::move(merged);
}

std::vector<Side> sides_of(const Line& ring, double angle) {
  const Point main = main_direction(ring), perpendicular{-main.y, main.x};
  std::vector<Side> sides;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i], b = ring[(i + 1) % ring.size()];
    const Way way = way_of(b - a, main, angle);
    const Point direction = way == Way::along ? main : way == Way::across ? perpendicular : b - a;
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

}  // namespace ppl
