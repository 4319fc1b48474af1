#include "models/inference/class_numbers.h"

#include <algorithm>

namespace ppl {

std::vector<uint8_t> class_numbers(const float* p, int64_t pixels, int classes, double threshold) {
  const auto limit = static_cast<float>(threshold);
  std::vector<uint8_t> numbers(static_cast<size_t>(pixels), 0);
  for (size_t i = 0; i < numbers.size(); ++i, p += classes) {
    const int64_t best = std::max_element(p, p + classes) - p;
    if (p[best] > limit) numbers[i] = static_cast<uint8_t>(best + 1);
  }
  return numbers;
}

}  // namespace ppl
