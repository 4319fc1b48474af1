#include "apps/score/apls/check.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "apps/score/apls/geometry.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

constexpr double kShortestSegment = 0.01;  // pixels
constexpr double kLongestSegment = 1e6;    // pixels: no image is as wide, and every 50 m of it would be a control point

std::string text(Point p) { return cat("(", p.x, " ", p.y, ")"); }

// The two cells of a segment, in either direction.
uint64_t cells_of(Point a, Point b) {
  const uint64_t p = static_cast<uint32_t>(cell_key(a)), q = static_cast<uint32_t>(cell_key(b));
  return std::max(p, q) << 32 | std::min(p, q);
}

std::optional<std::string> wrong_alone(const RoadLine& line, size_t rows) {
  const Line& points = line.points;
  if (points.empty() && rows > 1) return cat("EMPTY must be the only row of its image, got ", rows, " rows");
  if (points.size() == 1) return cat("a road of one point, ", text(points[0]));
  for (size_t i = 1; i < points.size(); ++i) {
    if (fdlibm_distance(points[i - 1], points[i]) < kShortestSegment) {
      return cat("two consecutive points less than ", kShortestSegment, " pixels apart at ", text(points[i]));
    }
    if (fdlibm_distance(points[i - 1], points[i]) > kLongestSegment) {
      return cat("two consecutive points more than ", kLongestSegment, " pixels apart, ", text(points[i - 1]), " and ",
                 text(points[i]), ": a lost decimal point?");
    }
  }
  return {};
}

// Most images have no repeated segment; sorting finds that out without a table.
bool repeats_segments(const std::vector<RoadLine>& lines) {
  std::vector<uint64_t> segments;
  for (const RoadLine& line : lines) {
    for (size_t i = 1; i < line.points.size(); ++i) segments.push_back(cells_of(line.points[i - 1], line.points[i]));
  }
  std::sort(segments.begin(), segments.end());
  return std::adjacent_find(segments.begin(), segments.end()) != segments.end();
}

// Takes the row's segments into the table, or none of them.
std::optional<std::string> take_segments(const RoadLine& line, std::unordered_set<uint64_t>& known) {
  const Line& points = line.points;
  for (size_t i = 1; i < points.size(); ++i) {
    if (known.insert(cells_of(points[i - 1], points[i])).second) continue;
    for (size_t k = 1; k < i; ++k) known.erase(cells_of(points[k - 1], points[k]));
    return cat("the segment ", text(points[i - 1]), " - ", text(points[i]), " occurs twice in its image");
  }
  return {};
}

// Keeps the lines for which `wrong` has nothing to say.
template <class Wrong>
void filter(ImageRoads& roads, Wrong&& wrong) {
  size_t kept = 0;
  for (RoadLine& line : roads.lines) {
    if (auto reason = wrong(line)) {
      roads.bad.push_back({line.place, std::move(*reason)});
    } else {
      if (&roads.lines[kept] != &line) roads.lines[kept] = std::move(line);
      ++kept;
    }
  }
  roads.lines.resize(kept);
}

}  // namespace

void set_bad_rows_aside(ImageRoads& roads, bool repeated_segments_allowed) {
  const size_t rows = roads.lines.size();
  filter(roads, [rows](const RoadLine& line) { return wrong_alone(line, rows); });
  if (!repeated_segments_allowed && repeats_segments(roads.lines)) {
    std::unordered_set<uint64_t> known;
    filter(roads, [&](const RoadLine& line) { return take_segments(line, known); });
  }
  std::stable_sort(roads.bad.begin(), roads.bad.end(),
                   [](const BadRow& a, const BadRow& b) { return a.place < b.place; });
}

}  // namespace ppl::score
