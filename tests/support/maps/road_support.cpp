#include "tests/support/maps/road_support.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace ppl::test {
namespace {

Point moved(Random& random, Point p, double most) {
  return {p.x + random.uniform(-most, most), p.y + random.uniform(-most, most)};
}

}  // namespace

std::vector<RoadLine> town(Random& random, int edges, double block) {
  constexpr double kKept = 0.9;
  const int side = std::max(2, static_cast<int>(std::lround(std::sqrt(edges / (2 * kKept)))));
  std::map<std::pair<int, int>, Point> junctions;
  for (int i = 0; i <= side; ++i) {
    for (int j = 0; j <= side; ++j) junctions[{i, j}] = moved(random, {i * block, j * block}, 0.3 * block);
  }
  std::vector<RoadLine> lines;
  const auto street = [&](Point a, Point b) {
    if (!random.chance(kKept)) return;
    RoadLine line{{a}, {0, lines.size() + 1}};
    if (random.chance(0.5)) {
      line.points.push_back(moved(random, {(a.x + b.x) / 2, (a.y + b.y) / 2}, 0.1 * block));
    }
    line.points.push_back(b);
    lines.push_back(std::move(line));
  };
  for (int i = 0; i < side; ++i) {
    for (int j = 0; j < side; ++j) {
      street(junctions[{i, j}], junctions[{i + 1, j}]);
      street(junctions[{i, j}], junctions[{i, j + 1}]);
    }
  }
  return lines;
}

std::vector<RoadLine> detected(Random& random, const std::vector<RoadLine>& lines, double jitter, double missing) {
  std::map<std::pair<double, double>, Point> places;  // a junction moves once
  std::vector<RoadLine> found;
  for (const RoadLine& line : lines) {
    if (random.chance(missing)) continue;
    RoadLine copy = line;
    for (Point& p : copy.points) {
      const auto [known, fresh] = places.try_emplace({p.x, p.y});
      if (fresh) known->second = moved(random, p, jitter);
      p = known->second;
    }
    found.push_back(std::move(copy));
  }
  return found;
}

std::vector<RoadLine> tangle(Random& random, int rows) {
  const double step = random.chance(0.5) ? 0.07 : 1.5, side = random.chance(0.5) ? 60 : 5;
  std::vector<RoadLine> lines;
  for (int r = 0; r < rows; ++r) {
    RoadLine line{{}, {0, static_cast<uint64_t>(r) + 1}};
    for (int64_t n = random.integer(2, 4); n > 0; --n) {
      const double near = step * static_cast<double>(random.integer(0, 2));
      line.points.push_back({side * static_cast<double>(random.integer(0, 4)) + near,
                             side * static_cast<double>(random.integer(0, 4)) + (step < 1 ? near : 0)});
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string csv_rows(const std::string& id, const std::vector<RoadLine>& lines) {
  std::string text;
  for (const RoadLine& line : lines) {
    text += id + ",\"LINESTRING (";
    for (size_t i = 0; i < line.points.size(); ++i) {
      text += fmt::format("{}{} {}", i > 0 ? ", " : "", line.points[i].x, line.points[i].y);
    }
    text += ")\"\n";
  }
  return lines.empty() ? id + ",LINESTRING EMPTY\n" : text;
}

}  // namespace ppl::test
