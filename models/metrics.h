// Counts of foreground pixels, and the figures made of them.
#pragma once

#include <cstdint>
#include <span>

namespace ppl {

struct Confusion {
  int64_t true_positive = 0, false_positive = 0, false_negative = 0;

  // prediction: nonzero is foreground; truth: 1 foreground, 0 background, 255 left out. Same lengths.
  void add(std::span<const uint8_t> prediction, std::span<const uint8_t> truth);
  void add(const Confusion&);

  // Each 1 where nothing is there and nothing was predicted; 0 / 0 in any other case counts as 0.
  double iou() const;
  double precision() const;
  double recall() const;
  double f1() const;
};

}  // namespace ppl
