#include "io/geometry/simplify.h"

#include <utility>

namespace ppl {
namespace {

double square_distance(Point p, Point a, Point b) {
  const Point d = p - nearest_on_segment(p, a, b);
  return dot(d, d);
}

// Marks what is kept strictly between first and last. Without recursion: a line may have a million points.
void keep_between(const Line& line, size_t first, size_t last, double tolerance, std::vector<char>& keep) {
  std::vector<std::pair<size_t, size_t>> open{{first, last}};
  while (!open.empty()) {
    const auto [a, b] = open.back();
    open.pop_back();
    size_t farthest = a;
    double most = tolerance * tolerance;
    for (size_t i = a + 1; i < b; ++i) {
      const double d = square_distance(line[i], line[a], line[b]);
      if (d > most) most = d, farthest = i;
    }
    if (farthest == a) continue;
    keep[farthest] = 1;
    open.push_back({a, farthest});
    open.push_back({farthest, b});
  }
}

}  // namespace

Line simplified(const Line& line, double tolerance) {
  if (line.size() < 3) return line;
  const size_t last = line.size() - 1;
  std::vector<char> keep(line.size(), 0);
  keep[0] = keep[last] = 1;
  if (line.front() == line.back()) {
    size_t farthest = 0;
    for (size_t i = 1; i < last; ++i) {
      if (distance(line[i], line[0]) > distance(line[farthest], line[0])) farthest = i;
    }
    keep[farthest] = 1;
    keep_between(line, 0, farthest, tolerance, keep);
    keep_between(line, farthest, last, tolerance, keep);
  } else {
    keep_between(line, 0, last, tolerance, keep);
  }
  Line result;
  for (size_t i = 0; i < line.size(); ++i) {
    if (keep[i]) result.push_back(line[i]);
  }
  return result;
}

Line simplified_ring(const Line& ring, double tolerance) {
  Line closed = ring;
  if (!ring.empty()) closed.push_back(ring.front());
  closed = simplified(closed, tolerance);
  if (!closed.empty()) closed.pop_back();
  return closed;
}

}  // namespace ppl
