#include <algorithm>
#include <cmath>
#include <numbers>

#include "apps/town/streets.h"

namespace ppl::synthetic {
namespace {

constexpr double kTurningRadius = 7.5;

struct Arm {
  int road;
  double angle;  // of the direction away from the node
  double half;   // half the width of the carriageway
};

std::vector<std::vector<Arm>> arms_by_node(const StreetGraph& graph) {
  std::vector<std::vector<Arm>> arms(graph.nodes.size());
  for (int i = 0; i < static_cast<int>(graph.roads.size()); ++i) {
    const Road& road = graph.roads[i];
    const double half = style_of(road.kind).width / 2, ahead = std::min(10.0, length(road.line));
    const Line back(road.line.rbegin(), road.line.rend());
    arms[road.from].push_back({i, angle_of(station(road.line, ahead).at - road.line.front()), half});
    arms[road.to].push_back({i, angle_of(station(back, ahead).at - back.front()), half});
  }
  for (auto& list : arms) {
    std::sort(list.begin(), list.end(), [](const Arm& a, const Arm& b) { return a.angle < b.angle; });
  }
  return arms;
}

// The corner between two neighbouring arms: where their edges meet, cut off by an arc that touches both edges.
Line corner(Point node, const Arm& a, const Arm& b, double turn) {
  const Point da = unit(a.angle), db = unit(b.angle);
  // Angles grow clockwise in the image, so b lies on the right of a.
  const Point pa = node - left_of(da) * a.half, pb = node + left_of(db) * b.half;
  const Point tip = pa + da * ((pb - pa).cross(db) / da.cross(db));
  const double radius = 3.5 + 1.5 * std::min(a.half, b.half) / 3;
  const double run = std::min(radius / std::tan(turn / 2), 9.0);
  const Point from = tip + da * run, to = tip + db * run;
  Line outline{tip};
  // A parabola with these tangents is close enough to the arc.
  for (double t = 0; t <= 1.001; t += 0.25) {
    outline.push_back(from * ((1 - t) * (1 - t)) + tip * (2 * t * (1 - t)) + to * (t * t));
  }
  return outline;
}

Line circle(Point centre, double radius) {
  Line outline;
  for (int i = 0; i < 20; ++i) outline.push_back(centre + unit(i * std::numbers::pi / 10) * radius);
  return outline;
}

}  // namespace

void round_corners(StreetGraph& graph) {
  const auto arms = arms_by_node(graph);
  for (size_t node = 0; node < arms.size(); ++node) {
    const auto& list = arms[node];
    const Point at = graph.nodes[node];
    if (list.size() == 1 && graph.roads[list[0].road].kind == RoadClass::residential) {
      graph.corners.push_back({list[0].road, circle(at, kTurningRadius)});
    }
    for (size_t i = 0; i < list.size() && list.size() > 2; ++i) {
      const Arm &a = list[i], &b = list[(i + 1) % list.size()];
      const double turn = b.angle - a.angle + (i + 1 == list.size() ? 2 * std::numbers::pi : 0);
      if (turn < 0.5 || turn > 2.6) continue;
      const bool a_is_lower = graph.roads[a.road].kind < graph.roads[b.road].kind;
      graph.corners.push_back({a_is_lower ? a.road : b.road, corner(at, a, b, turn)});
    }
  }
}

}  // namespace ppl::synthetic
