#include "apps/score/masks/edges.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "apps/score/apls/apls.h"
#include "io/vectorize/roads/thin.h"
#include "kernels/base.h"
#include "models/metrics.h"

namespace ppl::score {
namespace {

// Pixels for which op(word of a, word of b) is set and that are not ignored.
template <class Op>
int64_t count(const BitImage& a, const BitImage& b, const BitImage& ignored, Op&& op) {
  int64_t sum = 0;
  for (int64_t r = 0; r < a.height(); ++r) {
    for (int64_t i = 1; i <= a.words(); ++i) {
      const uint64_t left_out = ignored.height() > 0 ? ignored.row(r)[i] : 0;
      sum += std::popcount(op(a.row(r)[i], b.row(r)[i]) & ~left_out);
    }
  }
  return sum;
}

uint64_t both(uint64_t a, uint64_t b) { return a & b; }
uint64_t either(uint64_t a, uint64_t b) { return a | b; }

// Pixels all of whose 8 neighbours are set.
BitImage shrunk(const BitImage& from) {
  BitImage result(from.height(), from.width());
  for (int64_t r = 0; r < from.height(); ++r) {
    for (int64_t i = 1; i <= from.words(); ++i) {
      uint64_t all = ~uint64_t{0};
      for (int64_t dr = -1; dr <= 1; ++dr) {
        const uint64_t* p = from.row(r + dr) + i;
        all &= p[0] & (p[0] << 1 | p[-1] >> 63) & (p[0] >> 1 | p[1] << 63);
      }
      result.row(r)[i] = all;
    }
  }
  return result;
}

}  // namespace

double RelaxedCounts::precision() const { return rate(predicted_near, predicted, predicted + truth == 0); }
double RelaxedCounts::recall() const { return rate(truth_near, truth, predicted + truth == 0); }
double RelaxedCounts::f1() const { return harmonic_mean(precision(), recall()); }

double BoundaryCounts::iou() const { return rate(both, either, either == 0); }

RelaxedCounts relaxed_counts(const BitImage& prediction, const BitImage& truth, const BitImage& ignored, int radius) {
  return {count(prediction, prediction, ignored, both), count(prediction, dilated(truth, radius), ignored, both),
          count(truth, truth, ignored, both), count(truth, dilated(prediction, radius), ignored, both)};
}

RelaxedCounts centre_line_counts(const BitImage& prediction, const BitImage& truth, const BitImage& ignored) {
  BitImage line_p = prediction, line_t = truth;
  thin(line_p);
  thin(line_t);
  RelaxedCounts c;
  for (int64_t r = 0; r < truth.height(); ++r) {
    for (int64_t w = 1; w <= truth.words(); ++w) {
      const uint64_t counted = ignored.height() > 0 ? ~ignored.row(r)[w] : ~uint64_t{0};
      const uint64_t p = line_p.row(r)[w] & counted, t = line_t.row(r)[w] & counted;
      c.predicted += std::popcount(p);
      c.predicted_near += std::popcount(p & truth.row(r)[w]);
      c.truth += std::popcount(t);
      c.truth_near += std::popcount(t & prediction.row(r)[w]);
    }
  }
  return c;
}

BitImage border_of(const BitImage& mask, int distance) {
  PPL_CHECK(distance >= 1, "a boundary of ", distance, " pixels; expected at least 1");
  BitImage inner = mask;
  for (int step = 0; step < distance; ++step) inner = shrunk(inner);
  for (int64_t r = 0; r < mask.height(); ++r) {
    for (int64_t i = 1; i <= mask.words(); ++i) inner.row(r)[i] = mask.row(r)[i] & ~inner.row(r)[i];
  }
  return inner;
}

BoundaryCounts boundary_counts(const BitImage& prediction, const BitImage& truth, const BitImage& ignored,
                               int distance) {
  const BitImage p = border_of(prediction, distance), t = border_of(truth, distance);
  return {count(p, t, ignored, both), count(p, t, ignored, either)};
}

int boundary_distance(int64_t height, int64_t width) {
  const double diagonal = std::hypot(static_cast<double>(height), static_cast<double>(width));
  return std::max(1, static_cast<int>(std::lround(0.02 * diagonal)));
}

namespace {

MetricCounts counts_of(const RelaxedCounts& c) { return {c.predicted, c.predicted_near, c.truth, c.truth_near}; }
RelaxedCounts relaxed(const MetricCounts& c) { return {c[0], c[1], c[2], c[3]}; }
double precision(const MetricCounts& c) { return relaxed(c).precision(); }
double recall(const MetricCounts& c) { return relaxed(c).recall(); }
double f1(const MetricCounts& c) { return relaxed(c).f1(); }

}  // namespace

const MaskMetric kRelaxedMetric{
    .option = "--buffer",
    .help = "Also relaxed precision, recall and F1: right within so many pixels",
    .most = 1000,
    .key = "relaxed",
    .parameter = "buffer",
    .title = [](int radius) { return fmt::format("within {} px", radius); },
    .count = [](const TileMasks& m,
                int radius) { return counts_of(relaxed_counts(m.prediction, m.truth, m.ignored, radius)); },
    .figures = {{"precision", "precision", false, precision},
                {"recall", "recall", false, recall},
                {"f1", "F1", false, f1}}};

const MaskMetric kBoundaryMetric{.option = "--boundary",
                                 .help = "Also the IoU of borders so many pixels wide; 0: 2 % of each tile's diagonal",
                                 .most = 10000,
                                 .key = "boundary",
                                 .parameter = "distance",
                                 .title =
                                     [](int distance) {
                                       return fmt::format("boundary IoU ({})", distance > 0
                                                                                   ? fmt::format("{} px", distance)
                                                                                   : "2 % of the diagonal");
                                     },
                                 .count = [](const TileMasks& m, int distance) -> MetricCounts {
                                   if (distance == 0) distance = boundary_distance(m.truth.height(), m.truth.width());
                                   const BoundaryCounts c = boundary_counts(m.prediction, m.truth, m.ignored, distance);
                                   return {c.both, c.either};
                                 },
                                 .figures = {{"iou", "", true, [](const MetricCounts& c) {
                                                return BoundaryCounts{c[0], c[1]}.iou();
                                              }}}};

const MaskMetric kCentreLineMetric{
    .option = "--cldice",
    .help = "Also clDice: how much of each mask's centre lines the other covers",
    .most = 0,
    .key = "centre_lines",
    .parameter = "",
    .title = [](int) { return std::string("centre lines"); },
    .count = [](const TileMasks& m, int) { return counts_of(centre_line_counts(m.prediction, m.truth, m.ignored)); },
    .figures = {{"precision", "precision", false, precision},
                {"recall", "recall", false, recall},
                {"cldice", "clDice", true, f1}}};

}  // namespace ppl::score
