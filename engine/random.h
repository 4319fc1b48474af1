// Random numbers as a function of (seed, stream, counter): no state is shared, so results do not depend on threads.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

namespace ppl {

// The output function of splitmix64: a bijection of 64 bits.
inline uint64_t mix64(uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

// Random(seed, epoch, index) starts one independent sequence for each combination of its arguments.
class Random {
 public:
  template <class... Stream>
  explicit Random(uint64_t seed, Stream... stream) : key_(mix64(seed)) {
    ((key_ = mix64(key_ + static_cast<uint64_t>(stream))), ...);
  }

  uint64_t bits() { return mix64(key_ + 0x9e3779b97f4a7c15u * counter_++); }
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }  // [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Both ends included. The high half of a 128-bit product: the bias is below (high - low) / 2^64.
  int64_t integer(int64_t low, int64_t high) {
    const uint64_t n = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
    if (n == 0) return static_cast<int64_t>(bits());
    return static_cast<int64_t>(static_cast<uint64_t>(low) + multiply_high(bits(), n));
  }
  bool chance(double probability) { return uniform() < probability; }
  // Mean 0, deviation 1 (Box-Muller; one of the pair is used, so each call takes two counters).
  double normal() {
    const double u = 1.0 - uniform(), v = uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
  }
  // 0 .. n-1 in random order (Fisher-Yates; std::shuffle's order is left to the implementation).
  std::vector<int64_t> permutation(int64_t n) {
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), int64_t{0});
    for (int64_t i = n - 1; i > 0; --i) {
      std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(integer(0, i))]);
    }
    return order;
  }

 private:
  static uint64_t multiply_high(uint64_t a, uint64_t b) {
    const uint64_t a0 = a & 0xffffffffu, a1 = a >> 32, b0 = b & 0xffffffffu, b1 = b >> 32;
    const uint64_t low = a0 * b0, m1 = a1 * b0 + (low >> 32), m2 = a0 * b1 + (m1 & 0xffffffffu);
    return a1 * b1 + (m1 >> 32) + (m2 >> 32);
  }

  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace ppl
