// How far two arrays are apart.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace ppl {

// Norm of the difference over the norm of what was expected, and where the difference is largest. NaN counts as
// infinite.
struct Difference {
  double error = 0;
  size_t worst = 0;
};

template <class A, class B>
Difference compare(const std::vector<A>& got, const std::vector<B>& expected) {
  if (got.size() != expected.size()) return {std::numeric_limits<double>::infinity(), 0};
  double difference = 0, norm = 0, largest = -1;
  Difference r;
  for (size_t i = 0; i < got.size(); ++i) {
    const double d = std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
    difference += d * d, norm += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    if (!(d <= largest)) largest = d, r.worst = i;
  }
  r.error = norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
  if (!std::isfinite(r.error)) r.error = std::numeric_limits<double>::infinity();
  return r;
}

}  // namespace ppl
