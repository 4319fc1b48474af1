#include "apps/score/apls/geometry.h"

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace ppl::score {
namespace {

// The double without the lower half of its bits: its square is exact.
double high_part(double value) { return std::bit_cast<double>(std::bit_cast<uint64_t>(value) & 0xffffffff00000000u); }

int exponent_of(double value) { return static_cast<int>(std::bit_cast<uint64_t>(value) >> 52 & 0x7ff); }

// a >= b, both far from overflow and underflow.
double medium_hypotenuse(double a, double b) {
  const double difference = a - b;
  if (difference > b) {
    const double a1 = high_part(a), a2 = a - a1;
    return std::sqrt(a1 * a1 - (b * (-b) - a2 * (a + a1)));
  }
  const double doubled = a + a;
  const double b1 = high_part(b), b2 = b - b1;
  const double a1 = high_part(doubled), a2 = doubled - a1;
  return std::sqrt(a1 * b1 - (difference * (-difference) - (a1 * b2 + a2 * b)));
}

double hypotenuse(double x, double y) {
  double a = std::fabs(x), b = std::fabs(y);
  if (!std::isfinite(a) || !std::isfinite(b)) return std::isinf(a) ? a : std::isinf(b) ? b : a + b;
  if (b > a) std::swap(a, b);
  if (exponent_of(a) - exponent_of(b) > 60 || b == 0) return a + b;
  int scale = 0;
  if (a > 0x1p500) {
    scale = 600;
  } else if (b < 0x1p-500) {
    scale = b < std::numeric_limits<double>::min() ? -1022 : -600;
  }
  if (scale == 0) return medium_hypotenuse(a, b);
  return std::ldexp(medium_hypotenuse(std::ldexp(a, -scale), std::ldexp(b, -scale)), scale);
}

}  // namespace

int64_t round_half_up(double value) {
  constexpr double kLimit = 0x1p63;
  if (std::isnan(value)) return 0;
  if (value >= kLimit) return std::numeric_limits<int64_t>::max();
  if (value < -kLimit) return std::numeric_limits<int64_t>::min();
  const double below = std::floor(value);
  return static_cast<int64_t>(below) + (value - below >= 0.5 ? 1 : 0);
}

int32_t cell_key(Point p) {
  const auto column = static_cast<uint64_t>(round_half_up(10 * p.x)),
             row = static_cast<uint64_t>(round_half_up(10 * p.y));
  return static_cast<int32_t>(static_cast<uint32_t>(100000 * column + row));
}

double fdlibm_distance(Point p, Point q) { return hypotenuse(p.x - q.x, p.y - q.y); }

}  // namespace ppl::score
