#include "io/geometry/node_lines.h"

#include <algorithm>
#include <cstdint>

#include "io/geometry/box_index.h"
#include "kernels/base.h"

namespace ppl {
namespace {

struct Segment {
  Point a, b;
  size_t line, number;
};

int side(Point a, Point b, Point c) {
  const double v = cross(b - a, c - a);
  return (v > 0) - (v < 0);
}

// c on the line through a and b: between them, ends included.
bool is_between(Point a, Point b, Point c) {
  return std::min(a.x, b.x) <= c.x && c.x <= std::max(a.x, b.x) && std::min(a.y, b.y) <= c.y &&
         c.y <= std::max(a.y, b.y);
}

// Inside the segment: not one of its ends.
bool lies_in(const Segment& s, Point p) {
  return p != s.a && p != s.b && side(s.a, s.b, p) == 0 && is_between(s.a, s.b, p);
}

void find_places(const Segment& s, const Segment& t, std::vector<Point>& places) {
  places.clear();
  for (const Point p : {s.a, s.b})
    if (lies_in(t, p)) places.push_back(p);
  for (const Point p : {t.a, t.b})
    if (lies_in(s, p)) places.push_back(p);
  if (!places.empty()) return;
  if (side(s.a, s.b, t.a) * side(s.a, s.b, t.b) >= 0 || side(t.a, t.b, s.a) * side(t.a, t.b, s.b) >= 0) return;
  const Point along = s.b - s.a, other = t.b - t.a;
  places.push_back(s.a + along * (cross(t.a - s.a, other) / cross(along, other)));
}

std::vector<Segment> segments_of(const std::vector<Line>& lines) {
  std::vector<Segment> segments;
  for (size_t i = 0; i < lines.size(); ++i)
    for (size_t k = 0; k + 1 < lines[i].size(); ++k)
      if (lines[i][k] != lines[i][k + 1]) segments.push_back({lines[i][k], lines[i][k + 1], i, k});
  return segments;
}

Box box_of(const Segment& s) {
  Box box = Box::around(s.a);
  box.add(s.b);
  return box;
}

// Puts the points into the line where they belong; several of a segment in its order.
void insert(Line& line, std::vector<std::pair<size_t, Point>>& points) {
  std::sort(points.begin(), points.end(), [&](const auto& p, const auto& q) {
    if (p.first != q.first) return p.first < q.first;
    return distance(line[p.first], p.second) < distance(line[q.first], q.second);
  });
  Line result;
  size_t next = 0;
  for (size_t k = 0; k < line.size(); ++k) {
    if (result.empty() || result.back() != line[k]) result.push_back(line[k]);
    for (; next < points.size() && points[next].first == k; ++next)
      if (result.back() != points[next].second) result.push_back(points[next].second);
  }
  line = std::move(result);
}

}  // namespace

std::vector<Meeting> meetings(const std::vector<Line>& lines) {
  const std::vector<Segment> segments = segments_of(lines);
  BoxIndex::Builder builder;
  for (const Segment& s : segments) builder.add(box_of(s));
  const BoxIndex index = builder.build();
  std::vector<Meeting> found;
  std::vector<uint32_t> near;
  std::vector<Point> places;
  for (size_t i = 0; i < segments.size(); ++i) {
    near.clear();
    index.find(box_of(segments[i]), near);
    for (const uint32_t k : near) {
      if (k <= i) continue;
      const Segment &s = segments[i], &t = segments[k];
      find_places(s, t, places);
      for (const Point p : places) found.push_back({{s.line, t.line}, {s.number, t.number}, p});
    }
  }
  return found;
}

void node_lines(std::vector<Line>& lines, const std::function<Point(Point)>& round) {
  constexpr int kMostRounds = 100;
  for (int rounds = 0;; ++rounds) {
    const std::vector<Meeting> found = meetings(lines);
    if (found.empty()) return;
    PPL_CHECK(rounds < kMostRounds, "lines still cross after ", kMostRounds, " rounds of giving them common points");
    std::vector<std::vector<std::pair<size_t, Point>>> points(lines.size());
    for (const Meeting& m : found)
      for (size_t k = 0; k < 2; ++k) points[m.line[k]].push_back({m.segment[k], round ? round(m.place) : m.place});
    for (size_t i = 0; i < lines.size(); ++i)
      if (!points[i].empty()) insert(lines[i], points[i]);
  }
}

}  // namespace ppl
