#include "io/geometry/polygon.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ppl {
namespace {

struct Corner {
  int64_t x, y;
  auto operator<=>(const Corner&) const = default;
};
using Corners = std::vector<Corner>;

enum Direction { east, south, west, north };
constexpr int kStepX[] = {1, 0, -1, 0}, kStepY[] = {0, 1, 0, -1};

// Follows the side of an object from the upper left corner of a pixel eastwards, the object on the right hand, back to
// where it began. Where two of its pixels meet at a corner only, it stays with the one it is at.
Corners follow(const BitImage& image, Corner start, BitImage& done) {
  Corners corners{start};
  Corner at = start;
  int way = east;
  do {
    if (way == east) done.set(at.y, at.x);
    at = {at.x + kStepX[way], at.y + kStepY[way]};
    // The pixels ahead, seen from the corner: left and right of the way.
    const int64_t left_x = at.x - (way == west || way == north), left_y = at.y - (way == east || way == north);
    const int64_t right_x = at.x - (way == south || way == west), right_y = at.y - (way == west || way == north);
    const int before = way;
    if (!image.get(right_y, right_x)) {
      way = (way + 1) % 4;
    } else if (image.get(left_y, left_x)) {
      way = (way + 3) % 4;
    }
    if (way != before) corners.push_back(at);
  } while (at != start || way != east);
  if (corners.back() == start) corners.pop_back();
  return corners;
}

// A ring that comes to a corner twice becomes two.
std::vector<Corners> split_at_repeats(const Corners& ring) {
  std::vector<Corners> rings;
  Corners open;
  std::map<Corner, size_t> place;
  for (const Corner c : ring) {
    const auto [known, fresh] = place.try_emplace(c, open.size());
    if (fresh) {
      open.push_back(c);
      continue;
    }
    const size_t first = known->second;
    rings.emplace_back(open.begin() + static_cast<std::ptrdiff_t>(first), open.end());
    for (size_t k = first + 1; k < open.size(); ++k) place.erase(open[k]);
    open.resize(first + 1);
  }
  rings.push_back(std::move(open));
  return rings;
}

Line to_line(const Corners& corners) {
  Line line;
  for (const Corner c : corners) line.push_back({static_cast<double>(c.x), static_cast<double>(c.y)});
  return line;
}

}  // namespace

double signed_area(const Line& ring) {
  double sum = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    // Relative to the first point: coordinates may be large and the ring small.
    sum += cross(ring[i] - ring[0], ring[(i + 1) % ring.size()] - ring[0]);
  }
  return sum / 2;
}

double area(const Polygon& polygon) {
  double sum = std::abs(signed_area(polygon.outer));
  for (const Line& hole : polygon.holes) sum -= std::abs(signed_area(hole));
  return sum;
}

std::vector<Polygon> trace_polygons(const BitImage& image, int64_t least) {
  const std::vector<Run> runs = find_runs(image);
  const Components components = label_runs(runs, false);
  std::vector<Polygon> polygons(components.area.size());
  BitImage done(image.height(), image.width());  // pixels whose upper side was followed
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto component = static_cast<size_t>(components.of_run[i]);
    if (components.area[component] < least) continue;
    for (int64_t c = runs[i].begin; c < runs[i].end; ++c) {
      if (image.get(runs[i].row - 1, c) || done.get(runs[i].row, c)) continue;
      for (const Corners& ring : split_at_repeats(follow(image, {c, runs[i].row}, done))) {
        Line line = to_line(ring);
        if (signed_area(line) > 0) {
          polygons[component].outer = std::move(line);
        } else {
          polygons[component].holes.push_back(std::move(line));
        }
      }
    }
  }
  std::erase_if(polygons, [](const Polygon& p) { return p.outer.empty(); });
  return polygons;
}

}  // namespace ppl
