#include "io/vectorize/roads/road_lines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "io/geometry/node_lines.h"
#include "io/geometry/simplify.h"
#include "io/vectorize/roads/thin.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr int64_t kPad = 16;         // pixels that a road is drawn on beyond the border
constexpr int64_t kLongestRun = 64;  // of road along the border; where there is more, the road runs beside it
constexpr int64_t kWidest = 64;      // pixels looked at for a road's half width

// Thinning eats the ends of lines by half the road's width, so roads that leave the image go on for a while: each
// short run of road along a side is copied outwards.
BitImage padded(const BitImage& mask) {
  const int64_t height = mask.height(), width = mask.width();
  BitImage result(height + 2 * kPad, width + 2 * kPad);
  const auto draw_out = [&](const Run& run, int64_t from, int64_t to) {
    if (run.end - run.begin > kLongestRun) return;
    for (int64_t r = from; r < to; ++r) result.fill(r, run.begin + kPad, run.end + kPad, true);
  };
  for (const Run& run : find_runs(mask)) {
    result.fill(run.row + kPad, run.begin + kPad, run.end + kPad, true);
    if (run.row == 0) draw_out(run, 0, kPad);
    if (run.row == height - 1) draw_out(run, height + kPad, height + 2 * kPad);
  }
  for (const int64_t column : {int64_t{0}, width - 1}) {
    const int64_t begin = column == 0 ? 0 : width + kPad;
    for (int64_t r = 0, first = 0; r <= height; ++r) {
      if (r < height && mask.get(r, column)) continue;
      for (int64_t k = first; k < r && r - first <= kLongestRun; ++k) result.fill(k + kPad, begin, begin + kPad, true);
      first = r + 1;
    }
  }
  return result;
}

// Moves the graph of the padded image into the image: what lies beyond the border falls onto it.
SkeletonGraph inside(SkeletonGraph graph, double width, double height) {
  const auto move = [&](Point p) {
    return Point{std::clamp(p.x - kPad, 0.0, width), std::clamp(p.y - kPad, 0.0, height)};
  };
  for (Point& node : graph.nodes) node = move(node);
  for (RoadEdge& edge : graph.edges) {
    for (Point& p : edge.line) p = move(p);
    edge.line.erase(std::unique(edge.line.begin() + 1, edge.line.end()), edge.line.end());
    if (edge.line.size() > 2 && edge.line[0] == edge.line[1]) edge.line.erase(edge.line.begin());
  }
  return graph;
}

// Half the road's width at a place: how far the nearest pixel is that is no road.
double half_width(const BitImage& mask, Point place) {
  const auto row = static_cast<int64_t>(place.y), column = static_cast<int64_t>(place.x);
  double best = kWidest;
  for (int64_t r = 0; static_cast<double>(r) < best; ++r) {  // squares around it, growing
    for (int64_t dy = -r; dy <= r; ++dy) {
      const int64_t step = std::abs(dy) == r ? 1 : std::max<int64_t>(2 * r, 1);
      for (int64_t dx = -r; dx <= r; dx += step) {
        const int64_t y = row + dy, x = column + dx;
        const bool road = y >= 0 && x >= 0 && y < mask.height() && x < mask.width() && mask.get(y, x);
        if (!road) best = std::min(best, std::hypot(static_cast<double>(dx), static_cast<double>(dy)));
      }
    }
  }
  return best;
}

using Cell = std::array<int64_t, 2>;
Cell cell_of(Point p) { return {std::llround(p.x * 10), std::llround(p.y * 10)}; }

}  // namespace

void RoadOptions::check() const {
  PPL_CHECK(closing >= 0 && closing <= 100, "closing: expected a radius of 0 to 100 pixels, got ", closing);
  PPL_CHECK(min_object >= 0 && min_hole >= 0, "areas must not be negative");
  for (const double v : {merge, spur, min_length, gap, far_gap, angle, simplify}) {
    PPL_CHECK(v >= 0 && v <= 1e6, "lengths and angles: expected 0 to 1e6, got ", v);
  }
}

namespace {

// Each line is simplified by itself, which may lay one across the corner of another that leaves the same junction: such
// lines are simplified less. What crosses all the same (gaps that were closed) gets a common point.
std::vector<Line> simplified_lines(const RoadGraph& graph, double tolerance) {
  std::vector<int32_t> edges;
  std::vector<Line> lines;
  for (int32_t i = 0; i < graph.edge_count(); ++i) {
    if (!graph.alive(i)) continue;
    edges.push_back(i);
    lines.push_back(simplified(graph.edge(i).line, tolerance));
  }
  for (const double less : {tolerance / 2, tolerance / 4, 0.0}) {
    std::set<size_t> crossing;
    for (const Meeting& m : meetings(lines)) crossing.insert({m.line[0], m.line[1]});
    if (crossing.empty()) return lines;
    for (const size_t i : crossing) lines[i] = simplified(graph.edge(edges[i]).line, less);
  }
  node_lines(lines);
  return lines;
}

}  // namespace

std::vector<Line> graph_lines(const RoadGraph& graph, double tolerance) {
  std::vector<Line> lines;
  std::set<std::array<Cell, 2>> seen;
  for (const Line& line : simplified_lines(graph, tolerance)) {
    Line current;
    for (const Point p : line) {
      if (!current.empty()) {
        const Cell a = cell_of(current.back()), b = cell_of(p);
        if (a == b) continue;
        if (!seen.insert({std::min(a, b), std::max(a, b)}).second) {
          if (current.size() > 1) lines.push_back(current);
          current.clear();
        }
      }
      current.push_back(p);
    }
    if (current.size() > 1) lines.push_back(std::move(current));
  }
  return lines;
}

namespace {

// Simplified lines leave the middle of the road by up to `off` pixels: the widest place across counts.
double width_at(const BitImage& mask, Point p, Point along, int off) {
  double best = 0;
  for (int k = -off; k <= off; ++k) {
    const Point q{p.x - k * along.y, p.y + k * along.x};
    if (q.x >= 0 && q.y >= 0 && q.x < static_cast<double>(mask.width()) && q.y < static_cast<double>(mask.height()))
      best = std::max(best, half_width(mask, q));
  }
  return 2 * best - 1;
}

double width_along(const BitImage& mask, const Line& line, double tolerance) {
  const int off = static_cast<int>(std::ceil(std::min(tolerance, 4.0)));
  std::vector<double> widths;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const double length = distance(line[i], line[i + 1]);
    const Point along = (line[i + 1] - line[i]) * (1 / length);
    for (double at = 0.5; at < length; at += 1) {
      const double width = width_at(mask, line[i] + along * at, along, off);
      if (width > 0) widths.push_back(width);
    }
  }
  if (widths.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2);
  std::nth_element(widths.begin(), middle, widths.end());
  return *middle;
}

// mask: cleaned afterwards.
std::vector<Line> trace_roads(BitImage& mask, const RoadOptions& options) {
  options.check();
  if (mask.height() == 0 || mask.width() == 0) return {};
  mask = closed(mask, options.closing);
  remove_small(mask, options.min_object);
  fill_small_holes(mask, options.min_hole);
  const BitImage wide = padded(mask);
  BitImage skeleton = wide;
  thin(skeleton);

  const auto width = static_cast<double>(mask.width()), height = static_cast<double>(mask.height());
  RoadGraph graph(inside(trace_skeleton(skeleton), width, height));
  const auto border = [&](Point p) { return p.x <= 1 || p.y <= 1 || p.x >= width - 1 || p.y >= height - 1; };
  const auto limit = [&](Point junction) {
    if (border(junction)) return std::max(options.spur, static_cast<double>(kWidest));
    return std::max(options.spur, 1.5 * half_width(mask, junction));
  };
  merge_junctions(graph, [&](Point p) { return std::max(options.merge, 2 * half_width(mask, p)); });
  // A dead end at the border is a road that leaves the image, unless all of it lies there (a fork of the padding).
  prune_spurs(graph, limit, [&](Point dead, Point junction) { return border(dead) && !border(junction); });
  dissolve_all(graph);
  close_gaps(graph, options, border);
  drop_short_pieces(graph, options.min_length);
  return graph_lines(graph, options.simplify);
}

}  // namespace

std::vector<Line> roads_from_mask(BitImage mask, const RoadOptions& options) { return trace_roads(mask, options); }

TracedRoads traced_roads(BitImage mask, const RoadOptions& options) {
  TracedRoads roads{trace_roads(mask, options), {}};
  for (const Line& line : roads.lines) roads.widths.push_back(width_along(mask, line, options.simplify));
  return roads;
}

}  // namespace ppl
