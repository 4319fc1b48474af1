#include "models/metrics.h"

#include <cmath>

#include "kernels/base.h"

namespace ppl {

double rate(double part, double whole, bool nothing) { return nothing ? 1 : whole > 0 ? part / whole : 0; }
double rate(int64_t part, int64_t whole, bool nothing) {
  return rate(static_cast<double>(part), static_cast<double>(whole), nothing);
}

void Confusion::add(std::span<const uint8_t> prediction, std::span<const uint8_t> truth) {
  PPL_CHECK(prediction.size() == truth.size(), "comparing ", prediction.size(), " pixels with ", truth.size());
  int64_t tp = 0, fp = 0, fn = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const bool p = prediction[i] != 0;
    tp += p && truth[i] == 1;
    fp += p && truth[i] == 0;
    fn += !p && truth[i] == 1;
  }
  add({tp, fp, fn});
}

void Confusion::add(const Confusion& o) {
  true_positive += o.true_positive;
  false_positive += o.false_positive;
  false_negative += o.false_negative;
}

double Confusion::iou() const {
  return rate(true_positive, true_positive + false_positive + false_negative, nothing());
}
double Confusion::precision() const { return rate(true_positive, true_positive + false_positive, nothing()); }
double Confusion::recall() const { return rate(true_positive, true_positive + false_negative, nothing()); }
double Confusion::f1() const {
  return rate(2 * true_positive, 2 * true_positive + false_positive + false_negative, nothing());
}

void ThresholdCounts::add(float probability, bool is_foreground) {
  ++(is_foreground ? foreground : background)[step_of_probability(probability)];
}

// From the highest downwards more and more pixels are foreground.
std::array<double, ThresholdCounts::kSteps> ThresholdCounts::iou_by_step() const {
  Confusion all;
  for (const int64_t n : foreground) all.false_negative += n;
  std::array<double, kSteps> iou{};
  for (size_t k = kSteps; k-- > 0;) {
    iou[k] = all.iou();
    all.true_positive += foreground[k];
    all.false_negative -= foreground[k];
    all.false_positive += background[k];
  }
  return iou;
}

size_t step_of_probability(float probability) { return static_cast<size_t>(std::ceil(255 * probability - 0.5f)); }
double threshold_of_step(size_t k) { return (static_cast<double>(k) + 0.5) / 255; }

}  // namespace ppl
