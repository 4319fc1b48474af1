#include "apps/score/buildings/outlines.h"

#include <algorithm>
#include <cmath>

#include "io/places/projection.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

constexpr double kMostStretch = 2;
constexpr double kLayerSizes[] = {100, 1000}, kLayerSpacing = 0.5;  // square metres, metres

template <class Visit>
void each_ring(const std::vector<Polygon>& polygons, Visit&& visit) {
  for (const Polygon& polygon : polygons) {
    visit(polygon.outer);
    for (const Line& hole : polygon.holes) visit(hole);
  }
}

int64_t vertices(const std::vector<Polygon>& polygons) {
  size_t sum = 0;
  each_ring(polygons, [&](const Line& ring) { sum += ring.size(); });
  return static_cast<int64_t>(sum);
}

Point nearest_on(const std::vector<Polygon>& outline, Point p) {
  Point best = p;
  double nearest = INFINITY;
  each_ring(outline, [&](const Line& ring) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const Point foot = nearest_on_segment(p, ring[i], ring[(i + 1) % ring.size()]);
      if (const double d = distance(p, foot); d < nearest) nearest = d, best = foot;
    }
  });
  return best;
}

double mean_distance(const std::vector<Polygon>& from, const std::vector<Polygon>& to) {
  double sum = 0;
  each_ring(from, [&](const Line& ring) {
    for (const Point p : ring) sum += distance(p, nearest_on(to, p));
  });
  return sum / static_cast<double>(vertices(from));
}

// Every `spacing` from the ring's first vertex on, and that again at the end.
Line with_steps(const Line& ring, double spacing) {
  Line places{ring[0]};
  double walked = 0, next = spacing;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i], b = ring[(i + 1) % ring.size()];
    const double step = distance(a, b);
    for (; next < walked + step; next += spacing) places.push_back(a + (b - a) * ((next - walked) / step));
    walked += step;
  }
  places.push_back(ring[0]);
  return places;
}

// Of every prediction the IoU with each truth that it touches, by the numbers in the image.
struct Overlap {
  size_t truth;
  double iou;
};

// COCO's: a prediction takes the free truth of greatest IoU, of equal ones the last.
void rank(const BuildingImage& image, OutlineScore& score) {
  const ShapeIndex index(counted_shapes(image.truth));
  std::vector<std::array<bool, kIouSteps>> taken(image.truth.size());
  for (const size_t number : surest_first(image.prediction)) {
    const Building& prediction = image.prediction[number];
    if (!prediction.counted) continue;
    std::vector<Overlap> overlaps;
    for (const size_t t : index.find(prediction.shape)) {
      overlaps.push_back({t, shape_iou(prediction.shape, image.truth[t].shape)});
    }
    OutlineScore::Ranked& ranked = score.ranked.emplace_back();
    ranked = {prediction.confidence, {}};
    for (size_t k = 0; k < kIouSteps; ++k) {
      const Overlap* best = nullptr;
      for (const Overlap& o : overlaps) {
        const bool fits = !taken[o.truth][k] && o.iou >= 0.5 + 0.05 * static_cast<double>(k) - 1e-12;
        if (fits && (!best || o.iou >= best->iou)) best = &o;
      }
      if (best) taken[best->truth][k] = ranked.right[k] = true;
    }
  }
}

size_t size_of(const Building& b, const OutlineRules& rules) {
  const double area = b.shape.area();
  return area < rules.sizes[0] ? 0 : area < rules.sizes[1] ? 1 : 2;
}

void compare_pairs(const BuildingImage& image, const OutlineRules& rules, OutlineScore& score) {
  for (const Building& prediction : image.prediction) {
    if (!prediction.matched) continue;
    const Building& truth = image.truth[prediction.partner];
    ++score.pairs;
    score.polis += polis(prediction.polygons, truth.polygons);
    if (const auto error = tangent_error(prediction.polygons, truth.polygons, rules.spacing)) {
      ++score.with_tangents;
      score.tangents += *error;
    }
  }
}

}  // namespace

OutlineRules outline_rules(const BuildingPairs& pairs) {
  OutlineRules rules;
  if (!pairs.in_pixels()) {
    PPL_CHECK(pairs.crs().empty() || meridian_period(pairs.crs()) == 0, pairs.options().truth,
              ": outlines are measured in metres, and these coordinates are degrees or Mercator's: bring the layer "
              "into metres first (ogr2ogr -t_srs EPSG:326xx), or --pixels");
    rules = {{kLayerSizes[0], kLayerSizes[1]}, kLayerSpacing};
  }
  rules.sizes = pairs.options().sizes.value_or(rules.sizes);
  PPL_CHECK(rules.sizes[0] >= 0 && rules.sizes[0] < rules.sizes[1], "--sizes ", rules.sizes[0], ",", rules.sizes[1],
            ": expected two areas, the smaller one first");
  return rules;
}

double polis(const std::vector<Polygon>& a, const std::vector<Polygon>& b) {
  return (mean_distance(a, b) + mean_distance(b, a)) / 2;
}

std::optional<double> tangent_error(const std::vector<Polygon>& prediction, const std::vector<Polygon>& truth,
                                    double spacing) {
  std::optional<double> worst;
  each_ring(prediction, [&](const Line& ring) {
    const Line places = with_steps(ring, spacing);
    for (size_t i = 1; i < places.size(); ++i) {
      const Point here = places[i] - places[i - 1],
                  there = nearest_on(truth, places[i]) - nearest_on(truth, places[i - 1]);
      const double stretch = length(there) / length(here);
      if (!(stretch > 1 / kMostStretch && stretch < kMostStretch)) continue;
      const double cosine = std::min(1.0, std::fabs(dot(here, there)) / (length(here) * length(there)));
      worst = std::max(worst.value_or(0), std::acos(cosine) / M_PI * 180);
    }
  });
  return worst;
}

OutlineScore score_outlines(const BuildingImage& image, const OutlineRules& rules) {
  OutlineScore score;
  rank(image, score);
  compare_pairs(image, rules, score);
  for (const Building& b : image.truth) {
    if (!b.counted) continue;
    ++score.truths;
    score.true_vertices += vertices(b.polygons);
    BuildingCounts& counts = score.by_size[size_of(b, rules)];
    ++(b.matched ? counts.true_positive : counts.false_negative);
  }
  for (const Building& b : image.prediction) {
    if (!b.counted) continue;
    score.predicted_vertices += vertices(b.polygons);
    if (!b.matched) ++score.by_size[size_of(b, rules)].false_positive;
  }
  const Shape truth = united(counted_shapes(image.truth)), prediction = united(counted_shapes(image.prediction));
  if (!truth.empty() || !prediction.empty()) score.iou = shape_iou(truth, prediction);
  return score;
}

double average_precision(const std::vector<bool>& right, int64_t truths) {
  std::vector<double> precision, recall;
  double found = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    found += right[i];
    precision.push_back(found / static_cast<double>(i + 1));
    recall.push_back(found / static_cast<double>(truths));
  }
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double sum = 0;
  for (int k = 0; k <= 100; ++k) {
    const auto at = std::lower_bound(recall.begin(), recall.end(), k / 100.0);
    if (at != recall.end()) sum += precision[static_cast<size_t>(at - recall.begin())];
  }
  return sum / 101;
}

OutlineReport sum_outlines(const std::vector<OutlineScore>& images, const OutlineRules& rules) {
  OutlineReport report;
  report.rules = rules;
  std::vector<OutlineScore::Ranked> ranked;
  int64_t truths = 0, tangents = 0, with_vertices = 0;
  double polis = 0, angles = 0, ratios = 0;
  for (const OutlineScore& image : images) {
    ranked.insert(ranked.end(), image.ranked.begin(), image.ranked.end());
    truths += image.truths, tangents += image.with_tangents;
    polis += image.polis, angles += image.tangents;
    report.pairs += image.pairs;
    for (size_t k = 0; k < 3; ++k) report.by_size[k].add(image.by_size[k]);
    const auto t = static_cast<double>(image.true_vertices), p = static_cast<double>(image.predicted_vertices);
    report.iou += image.iou;
    report.c_iou += image.iou * (t + p > 0 ? 1 - std::fabs(t - p) / (t + p) : 1);
    if (t > 0) ratios += p / t, ++with_vertices;
  }
  report.iou /= static_cast<double>(images.size());
  report.c_iou /= static_cast<double>(images.size());
  if (report.pairs > 0) report.polis = polis / static_cast<double>(report.pairs);
  if (tangents > 0) report.tangent_error = angles / static_cast<double>(tangents);
  if (with_vertices > 0) report.vertex_ratio = ratios / static_cast<double>(with_vertices);
  if (truths == 0) return report;
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
  report.ap = 0;
  for (size_t k = 0; k < kIouSteps; ++k) {
    std::vector<bool> right;
    for (const auto& one : ranked) right.push_back(one.right[k]);
    const double ap = average_precision(right, truths);
    *report.ap += ap / kIouSteps;
    if (k == 0) report.ap50 = ap;
    if (k == 5) report.ap75 = ap;
  }
  return report;
}

}  // namespace ppl::score
