// Street tracing after Jobard and Lefer: evenly spaced streamlines of a direction field, class by class.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>

#include "apps/town/streets.h"

namespace ppl::synthetic {
namespace {

constexpr double kStep = 4;

// Points of the streets so far with their directions, in cells.
class Tracks {
 public:
  void add(const Line& line) {
    for (size_t i = 0; i + 1 < line.size(); ++i) {
      const Point d = line[i + 1] - line[i];
      cells_[key(line[i])].push_back({line[i], d / std::max(1e-9, cv::norm(d))});
    }
  }

  // Is there a street within `radius` that runs within 45 degrees of `direction`?
  bool parallel_near(Point p, Point direction, double radius) const {
    const int reach = static_cast<int>(std::ceil(radius / kCell));
    for (int dy = -reach; dy <= reach; ++dy) {
      for (int dx = -reach; dx <= reach; ++dx) {
        const auto cell = cells_.find(key(p + Point(dx * kCell, dy * kCell)));
        if (cell == cells_.end()) continue;
        for (const Station& s : cell->second) {
          if (cv::norm(s.at - p) < radius && std::abs(s.direction.dot(direction)) > 0.7) return true;
        }
      }
    }
    return false;
  }

 private:
  static constexpr double kCell = 32;
  static uint64_t key(Point p) {
    const auto x = static_cast<int32_t>(std::floor(p.x / kCell)), y = static_cast<int32_t>(std::floor(p.y / kCell));
    return static_cast<uint64_t>(static_cast<uint32_t>(x)) << 32 | static_cast<uint32_t>(y);
  }
  std::unordered_map<uint64_t, std::vector<Station>> cells_;
};

struct Level {
  RoadClass kind;
  double spacing[2];  // along and across the plan's angle, metres
  double min_urban;
  double clearance;  // to river and railway, metres; below 0: crosses them
  double longest;    // metres, each way from the seed
};

constexpr Level kLevels[] = {
    {RoadClass::primary, {820, 1100}, -1, -1, 1e9},
    {RoadClass::secondary, {400, 520}, -1, -1, 1e9},
    {RoadClass::tertiary, {210, 250}, 0.42, -1, 900},
    {RoadClass::residential, {64, 112}, 0.4, 12, 520},
};

class Tracer {
 public:
  explicit Tracer(const Plan& plan) : plan_(plan) {
    for (const Line* line : {&plan.river(), &plan.rail()}) barriers_.add(resample(*line, kStep));
  }

  void trace(const Level& level, std::vector<Street>& streets) {
    Rng rng(mix(plan_.seed(), 100, static_cast<uint64_t>(level.kind)));
    for (int family = 0; family < 2; ++family) {
      const double gap = level.spacing[family];
      for (const Point seed : seeds(gap * 0.4, rng)) {
        if (!fits(seed, unit(angle(seed, family)), level, gap)) continue;
        const Line line = both_ways(seed, family, level, gap, rng);
        if (length(line) < std::min(70.0, gap)) continue;
        tracks_.add(line);
        streets.push_back({level.kind, line});
      }
    }
  }

  // Farm tracks follow every second boundary of the fields, outside the town and away from parallel roads.
  void trace_tracks(std::vector<Street>& streets) {
    for (int column = -plan_.field_columns(); column <= plan_.field_columns(); ++column) {
      if (mix(plan_.seed(), 101, static_cast<uint64_t>(column)) % 2 != 0) continue;
      Line run;
      Line boundary = plan_.field_boundary(column);
      for (size_t i = 0; i < boundary.size(); ++i) {
        const bool last = i + 1 == boundary.size();
        const Point d = last ? boundary[i] - boundary[i - (i > 0)] : boundary[i + 1] - boundary[i];
        const bool open = !last && plan_.urban(boundary[i]) < 0.4 && !plan_.barred(boundary[i], 6) &&
                          !tracks_.parallel_near(boundary[i], d / std::max(1e-9, cv::norm(d)), 34);
        if (open) run.push_back(boundary[i]);
        if (!open && run.size() > 1 && length(run) > 60) streets.push_back({RoadClass::track, run});
        if (!open) run.clear();
      }
    }
  }

 private:
  double angle(Point p, int family) const { return plan_.street_angle(p) + family * std::numbers::pi / 2; }

  bool inside(Point p) const {
    return p.x > -kMargin && p.y > -kMargin && p.x < plan_.width() + kMargin && p.y < plan_.height() + kMargin;
  }

  bool fits(Point p, Point direction, const Level& level, double gap) const {
    return plan_.urban(p) > level.min_urban && (level.clearance < 0 || !plan_.barred(p, level.clearance)) &&
           !tracks_.parallel_near(p, direction, gap) && !barriers_.parallel_near(p, direction, std::min(gap, 48.0));
  }

  std::vector<Point> seeds(double gap, Rng& rng) const {
    std::vector<Point> points;
    for (double y = -kMargin + gap / 2; y < plan_.height() + kMargin; y += gap) {
      for (double x = -kMargin + gap / 2; x < plan_.width() + kMargin; x += gap) {
        points.emplace_back(x + gap * rng.uniform(-0.4, 0.4), y + gap * rng.uniform(-0.4, 0.4));
      }
    }
    for (size_t i = points.size(); i > 1; --i) std::swap(points[i - 1], points[rng.index(static_cast<int>(i))]);
    // The first streets of a class start near the middle, so that even a small area has one of each.
    points.insert(points.begin(), {plan_.width() * rng.uniform(0.35, 0.65), plan_.height() * rng.uniform(0.35, 0.65)});
    return points;
  }

  Line half(Point p, int family, double sign, const Level& level, double gap, double longest) const {
    Line line;
    for (double run = 0; run < longest; run += kStep) {
      const Point middle = p + unit(angle(p, family)) * (sign * kStep / 2);
      const Point direction = unit(angle(middle, family)) * sign;
      p += direction * kStep;
      if (!fits(p, direction, level, gap * 0.72)) break;
      line.push_back(p);
      if (!inside(p)) break;
    }
    return line;
  }

  Line both_ways(Point seed, int family, const Level& level, double gap, Rng& rng) const {
    const double longest = std::min(level.longest * rng.uniform(0.4, 1.0), 4 * (plan_.width() + plan_.height()));
    Line back = half(seed, family, -1, level, gap, longest);
    std::reverse(back.begin(), back.end());
    back.push_back(seed);
    const Line forth = half(seed, family, 1, level, gap, longest);
    back.insert(back.end(), forth.begin(), forth.end());
    return back;
  }

  const Plan& plan_;
  Tracks tracks_;
  Tracks barriers_;
};

}  // namespace

std::vector<Street> trace_streets(const Plan& plan) {
  std::vector<Street> streets;
  Tracer tracer(plan);
  for (const Level& level : kLevels) tracer.trace(level, streets);
  tracer.trace_tracks(streets);
  for (Street& street : streets) street.line = simplify(street.line, 0.25);
  return streets;
}

}  // namespace ppl::synthetic
