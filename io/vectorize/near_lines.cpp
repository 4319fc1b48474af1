#include "io/vectorize/near_lines.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ppl {
namespace {

constexpr double kNearer = 0.25;  // pixels a pixel: less is beside a road, not towards it

// The line's own corners between two places along it, and these.
Line part_of(const Line& line, const Line& points, size_t begin, size_t end) {
  Line part{points[begin]};
  size_t corner = 0;
  for (size_t i = begin; i + 1 < end; ++i) {
    while (corner < line.size() && !(line[corner] == points[i])) ++corner;
    if (corner == line.size()) corner = 0;
    if (i > begin && line[corner] == points[i]) part.push_back(points[i]);
  }
  part.push_back(points[end - 1]);
  return part;
}

}  // namespace

void NearLines::add(const Line& line, double reach) {
  for (size_t i = 0; i + 1 < line.size(); ++i) segments_.push_back({line[i], line[i + 1], reach});
}

void NearLines::build() {
  BoxIndex::Builder boxes;
  for (const Segment& s : segments_) {
    Box box;
    for (const Point p : {s.a, s.b}) {
      box.add(Point{p.x - s.reach, p.y - s.reach});
      box.add(Point{p.x + s.reach, p.y + s.reach});
    }
    boxes.add(box);
  }
  index_ = boxes.build();
}

double NearLines::nearest(Point p, Point& place) const {
  found_.clear();
  Box box;
  box.add(p);
  index_.find(box, found_);
  double best = std::numeric_limits<double>::infinity();
  for (const uint32_t i : found_) {
    const Segment& s = segments_[i];
    const Point q = nearest_on_segment(p, s.a, s.b);
    if (const double d = distance(p, q); d <= s.reach && d < best) best = d, place = q;
  }
  return best;
}

Line points_along(const Line& line) {
  Line points;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const double length = distance(line[i], line[i + 1]);
    const auto steps = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(length)));
    for (int64_t k = 0; k < steps; ++k)
      points.push_back(line[i] + (line[i + 1] - line[i]) * (static_cast<double>(k) / static_cast<double>(steps)));
  }
  points.push_back(line.back());
  return points;
}

std::vector<Line> missing_pieces(const Line& line, const NearLines& roads, double shortest) {
  const Line points = points_along(line);
  std::vector<double> far(points.size());
  Line places(points.size());
  for (size_t i = 0; i < points.size(); ++i) far[i] = roads.nearest(points[i], places[i]);
  std::vector<Line> pieces;
  for (size_t i = 0; i < points.size();) {
    if (!std::isinf(far[i])) {
      ++i;
      continue;
    }
    size_t begin = i, end = i;
    while (end < points.size() && std::isinf(far[end])) ++end;
    i = end;
    // On towards the map's road, for as long as it comes clearly nearer; there the piece ends.
    while (begin > 0 && far[begin - 1] < far[begin] - kNearer) --begin;
    while (end < points.size() && far[end] < far[end - 1] - kNearer) ++end;
    Line piece = part_of(line, points, begin, end);
    if (!std::isinf(far[begin]) && !(places[begin] == piece.front())) piece.insert(piece.begin(), places[begin]);
    if (!std::isinf(far[end - 1]) && !(places[end - 1] == piece.back())) piece.push_back(places[end - 1]);
    if (line_length(piece) >= shortest) pieces.push_back(std::move(piece));
  }
  return pieces;
}

void Ends::keep_once(Line& piece) {
  const auto cell = [](Point p) { return Cell{std::llround(p.x * 100), std::llround(p.y * 100)}; };
  for (int side = 0; side < 2; ++side) {
    std::reverse(piece.begin(), piece.end());
    if (piece.size() < 2) continue;
    const Cell a = cell(piece[0]), b = cell(piece[1]);
    if (!seen_.insert({std::min(a, b), std::max(a, b)}).second) piece.erase(piece.begin());
  }
}

}  // namespace ppl
