#include "apps/score/masks/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/score/masks/probability_pairs.h"
#include "kernels/base.h"
#include "kernels/ignored.h"
#include "models/metrics.h"

namespace ppl::score {
namespace {

constexpr size_t kSteps = ThresholdCounts::kSteps;

// Of each step: pixels whose probability lies there, and true pixels whose largest near one does.
struct Histograms {
  std::array<int64_t, kSteps> predicted{}, predicted_near{}, truth_near{};
  int64_t truth = 0, without_prediction = 0;

  void add(const Histograms& o) {
    for (size_t k = 0; k < kSteps; ++k) {
      predicted[k] += o.predicted[k];
      predicted_near[k] += o.predicted_near[k];
      truth_near[k] += o.truth_near[k];
    }
    truth += o.truth, without_prediction += o.without_prediction;
  }
};

Histograms count(const Image& truth, const Probabilities& probability, int tolerance) {
  std::vector<uint8_t> steps(truth.bytes.size()), drawn(truth.bytes.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    steps[i] = probability.valid[i] ? static_cast<uint8_t>(step_of_probability(probability.values[i])) : 0;
    drawn[i] = truth.bytes[i] == 1;
  }
  const std::vector<uint8_t> near_truth = largest_near(drawn, truth.height, truth.width, tolerance),
                             near_steps = largest_near(steps, truth.height, truth.width, tolerance);
  Histograms h;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (truth.bytes[i] == kIgnored) continue;
    if (!probability.valid[i]) {
      ++h.without_prediction;
      continue;
    }
    ++h.predicted[steps[i]];
    h.predicted_near[steps[i]] += near_truth[i];
    if (!drawn[i]) continue;
    ++h.truth;
    ++h.truth_near[near_steps[i]];
  }
  return h;
}

std::vector<CurvePoint> points_of(const Histograms& h) {
  std::vector<CurvePoint> points;
  RelaxedCounts counts;
  counts.truth = h.truth;
  for (size_t k = kSteps - 1; k-- > 0;) {
    counts.predicted += h.predicted[k + 1];
    counts.predicted_near += h.predicted_near[k + 1];
    counts.truth_near += h.truth_near[k + 1];
    if (counts.predicted > 0) points.push_back({threshold_of_step(k), counts});
  }
  return points;
}

}  // namespace

std::vector<uint8_t> largest_near(const std::vector<uint8_t>& values, int64_t height, int64_t width, int radius) {
  std::vector<uint8_t> result(values.size());
  for (int64_t dr = -radius; dr <= radius; ++dr) {
    const auto reach = static_cast<int64_t>(std::sqrt(static_cast<double>(radius * radius - dr * dr)));
    for (int64_t r = std::max<int64_t>(0, -dr); r < std::min(height, height - dr); ++r) {
      uint8_t* to = result.data() + r * width;
      const uint8_t* from = values.data() + (r + dr) * width;
      for (int64_t dc = -std::min(reach, width); dc <= std::min(reach, width); ++dc) {
        const int64_t begin = std::max<int64_t>(0, -dc), end = std::min(width, width - dc);
        for (int64_t c = begin; c < end; ++c) to[c] = std::max(to[c], from[c + dc]);
      }
    }
  }
  return result;
}

std::optional<PrecisionRecallCurve::BreakEven> break_even(const std::vector<CurvePoint>& points) {
  const CurvePoint* before = nullptr;
  const auto ahead = [](const CurvePoint& p) { return p.counts.precision() - p.counts.recall(); };
  for (const CurvePoint& point : points) {
    if (point.counts.precision() == 0 && point.counts.recall() == 0) continue;  // nothing right is no meeting
    const double here = ahead(point);
    if (here == 0) return PrecisionRecallCurve::BreakEven{point.counts.precision(), point.threshold};
    if (before && (ahead(*before) < 0) != (here < 0)) {
      const double share = ahead(*before) / (ahead(*before) - here);
      const auto between = [&](double a, double b) { return a + share * (b - a); };
      return PrecisionRecallCurve::BreakEven{between(before->counts.precision(), point.counts.precision()),
                                             between(before->threshold, point.threshold)};
    }
    before = &point;
  }
  return {};
}

PrecisionRecallCurve precision_recall_curve(const IouOptions& options, int tolerance) {
  PPL_CHECK(options.classes == 1, "a curve is of one class, got ", options.classes);
  const ProbabilityPairs pairs(options);
  std::vector<Histograms> tiles(pairs.size());
  pairs.visit([&](size_t i, const Image& truth, const Probabilities& probability) {
    tiles[i] = count(truth, probability, tolerance);
  });
  Histograms sum;
  for (const Histograms& tile : tiles) sum.add(tile);
  PPL_CHECK(sum.truth > 0, options.truth, ": no truth has any foreground, so that there is no recall");
  PrecisionRecallCurve curve{tolerance, points_of(sum), sum.without_prediction, {}};
  curve.break_even = break_even(curve.points);
  return curve;
}

std::string curve_text(const PrecisionRecallCurve& curve) {
  if (!curve.break_even) return fmt::format("within {} px: precision and recall nowhere meet\n", curve.tolerance);
  return fmt::format("within {} px: break-even point {:.4f}, at threshold {:.4f}\n", curve.tolerance,
                     curve.break_even->rate, curve.break_even->threshold);
}

std::string curve_json(const PrecisionRecallCurve& curve) {
  nlohmann::ordered_json json = {{"metric", "precision_recall_curve"}, {"tolerance", curve.tolerance}};
  json["break_even"] = nullptr;
  if (curve.break_even) {
    json["break_even"] = {{"rate", curve.break_even->rate}, {"threshold", curve.break_even->threshold}};
  }
  json["curve"] = nlohmann::ordered_json::array();
  for (const CurvePoint& p : curve.points) {
    json["curve"].push_back(
        {{"threshold", p.threshold}, {"precision", p.counts.precision()}, {"recall", p.counts.recall()}});
  }
  return json.dump(2) + "\n";
}

std::string curve_csv(const PrecisionRecallCurve& curve) {
  std::string text = "threshold,precision,recall,predicted,predicted_near,truth,truth_near\n";
  for (const CurvePoint& p : curve.points) {
    const RelaxedCounts& c = p.counts;
    text += fmt::format("{:.6f},{:.6f},{:.6f},{},{},{},{}\n", p.threshold, c.precision(), c.recall(), c.predicted,
                        c.predicted_near, c.truth, c.truth_near);
  }
  return text;
}

}  // namespace ppl::score
