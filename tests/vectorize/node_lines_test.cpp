// Lines as plane graphs, against every pair of segments; simplifying that keeps lines apart.
#include "io/geometry/node_lines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "io/vectorize/roads/road_lines.h"

using namespace ppl;

namespace {

Point whole(Point p) { return {std::round(p.x), std::round(p.y)}; }

int64_t turn(Point a, Point b, Point c) {
  return static_cast<int64_t>(b.x - a.x) * static_cast<int64_t>(c.y - a.y) -
         static_cast<int64_t>(b.y - a.y) * static_cast<int64_t>(c.x - a.x);
}
bool strictly_inside(Point a, Point b, Point p) {  // of whole numbers
  return turn(a, b, p) == 0 && p != a && p != b && std::min(a.x, b.x) <= p.x && p.x <= std::max(a.x, b.x) &&
         std::min(a.y, b.y) <= p.y && p.y <= std::max(a.y, b.y);
}
bool cross_inside(Point a, Point b, Point c, Point d) {
  const auto sign = [](int64_t v) { return (v > 0) - (v < 0); };
  return sign(turn(a, b, c)) * sign(turn(a, b, d)) < 0 && sign(turn(c, d, a)) * sign(turn(c, d, b)) < 0;
}

// How many pairs of segments meet beside common ends, all pairs looked at.
int meeting_pairs(const std::vector<Line>& lines) {
  std::vector<std::pair<Point, Point>> all;
  for (const Line& line : lines)
    for (size_t k = 0; k + 1 < line.size(); ++k) all.emplace_back(line[k], line[k + 1]);
  int count = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t k = i + 1; k < all.size(); ++k) {
      const auto [a, b] = all[i];
      const auto [c, d] = all[k];
      count += cross_inside(a, b, c, d) || strictly_inside(a, b, c) || strictly_inside(a, b, d) ||
               strictly_inside(c, d, a) || strictly_inside(c, d, b);
    }
  }
  return count;
}

}  // namespace

TEST_CASE("a crossing, an end on a line, lines along one another") {
  std::vector<Line> lines{{{0, 0}, {10, 10}}, {{0, 10}, {10, 0}}, {{2, 2}, {2, 20}}, {{4, 4}, {20, 20}}};
  CHECK(meetings(lines).size() == 6);  // 0 with 1, 2 and 3 (two ends); 1 with 2 and 3
  node_lines(lines);
  CHECK(lines[0] == Line{{0, 0}, {2, 2}, {4, 4}, {5, 5}, {10, 10}});
  CHECK(lines[1] == Line{{0, 10}, {2, 8}, {5, 5}, {10, 0}});
  CHECK(lines[2] == Line{{2, 2}, {2, 8}, {2, 20}});
  CHECK(lines[3] == Line{{4, 4}, {5, 5}, {10, 10}, {20, 20}});
  CHECK(meetings(lines).empty());
}

TEST_CASE("a line that crosses itself, and one that comes back on itself") {
  std::vector<Line> lines{{{0, 0}, {10, 0}, {10, 5}, {5, 5}, {5, -5}}, {{100, 0}, {110, 0}, {104, 0}}};
  node_lines(lines);
  CHECK(lines[0] == Line{{0, 0}, {5, 0}, {10, 0}, {10, 5}, {5, 5}, {5, 0}, {5, -5}});
  CHECK(lines[1] == Line{{100, 0}, {104, 0}, {110, 0}, {104, 0}});
}

TEST_CASE("random lines on whole numbers: what meets is found, and nothing meets afterwards") {
  std::mt19937 random(5);
  for (int pass = 0; pass < 40; ++pass) {
    std::vector<Line> lines(12);
    for (Line& line : lines)
      for (int k = 0; k < 5; ++k) {
        const Point p{static_cast<double>(random() % 40), static_cast<double>(random() % 40)};
        if (line.empty() || line.back() != p) line.push_back(p);
      }
    CHECK((meeting_pairs(lines) > 0) == !meetings(lines).empty());
    const std::vector<Line> before = lines;
    node_lines(lines, whole);
    CHECK(meeting_pairs(lines) == 0);
    for (size_t i = 0; i < lines.size(); ++i) {
      CHECK(lines[i].front() == before[i].front());
      CHECK(lines[i].back() == before[i].back());
    }
  }
}

TEST_CASE("simplified roads stay on their side of one another") {
  // Two roads leave a junction; the chord of the first, which is within 1.4 pixels of it, cuts off the second's corner.
  RoadGraph graph({{{0, 0}, {45.08, 30.21}, {40, 0}}, {}});
  graph.add_edge(0, 1, {{0, 0}, {26, 19}, {45.08, 30.21}});
  graph.add_edge(0, 2, {{0, 0}, {26.08, 18.21}, {40, 0}});
  const std::vector<Line> apart = graph_lines(graph, 0.1);
  REQUIRE(meetings(apart).empty());
  for (const double tolerance : {1.0, 2.0, 3.0, 5.0}) {
    CAPTURE(tolerance);
    const std::vector<Line> lines = graph_lines(graph, tolerance);
    REQUIRE(lines.size() == 2);
    CHECK(meetings(lines).empty());
    CHECK(lines[0].size() + lines[1].size() <= 6);  // of its own points: no new junction
  }
}
