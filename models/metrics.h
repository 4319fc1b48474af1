// Counts of what was found, mistaken and missed (pixels, buildings, marbles), and the figures made of them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace ppl {

// part / whole. The one rule for 0 / 0: 1 where there is `nothing` to find and nothing was found, else 0.
double rate(double part, double whole, bool nothing);
double rate(int64_t part, int64_t whole, bool nothing);

struct Confusion {
  int64_t true_positive = 0, false_positive = 0, false_negative = 0;

  // prediction: nonzero is foreground; truth: 1 foreground, 0 background, 255 left out. Same lengths.
  void add(std::span<const uint8_t> prediction, std::span<const uint8_t> truth);
  void add(const Confusion&);

  bool nothing() const { return true_positive + false_positive + false_negative == 0; }
  double iou() const;
  double precision() const;
  double recall() const;
  double f1() const;
};

// How many pixels of each probability, in the 256 steps of 8 bits, are foreground and background.
struct ThresholdCounts {
  static constexpr size_t kSteps = 256;
  std::array<int64_t, kSteps> foreground{}, background{};

  void add(float probability, bool is_foreground);
  // IoU where foreground is what lies above step k, for every k.
  std::array<double, kSteps> iou_by_step() const;
};
// The step k that lies above threshold k - 0.5 and not above k + 0.5, of 255: 8-bit values are their own.
size_t step_of_probability(float);
double threshold_of_step(size_t);  // that has the step k and those below for background

}  // namespace ppl
