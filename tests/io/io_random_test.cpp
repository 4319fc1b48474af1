#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/random.h"

namespace ppl {
namespace {

TEST_CASE("mix64 is splitmix64") {
  // The published generator's first outputs from state 0.
  CHECK(mix64(0) == 0xe220a8397b1dcdafu);
  CHECK(mix64(0x9e3779b97f4a7c15u) == 0x6e789e6aa1b965f4u);
}

TEST_CASE("the same arguments give the same numbers, others give others") {
  CHECK(Random(1, 2, 3).bits() == Random(1, 2, 3).bits());
  std::set<uint64_t> seen;
  for (int seed = 0; seed < 20; ++seed) {
    for (int a = 0; a < 20; ++a) {
      for (int b = 0; b < 20; ++b) {
        Random r(static_cast<uint64_t>(seed), a, b);
        seen.insert(r.bits());
        seen.insert(r.bits());
      }
    }
  }
  CHECK(seen.size() == 16000);
}

TEST_CASE("distributions") {
  Random r(7);
  double sum = 0, normal = 0, squares = 0;
  int counts[5] = {};
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = r.uniform(), n = r.normal();
    REQUIRE((u >= 0 && u < 1));
    sum += u;
    normal += n;
    squares += n * n;
    const int64_t k = r.integer(-2, 2);
    REQUIRE((k >= -2 && k <= 2));
    ++counts[k + 2];
  }
  CHECK(sum / kDraws == doctest::Approx(0.5).epsilon(0.01));
  CHECK(std::abs(normal / kDraws) < 0.01);
  CHECK(squares / kDraws == doctest::Approx(1).epsilon(0.02));
  for (const int c : counts) CHECK(c == doctest::Approx(kDraws / 5).epsilon(0.03));
  CHECK(r.integer(4, 4) == 4);
  (void)r.integer(INT64_MIN, INT64_MAX);
}

TEST_CASE("permutations hold every number once, each place as often") {
  std::vector<int> first(6);
  for (int s = 0; s < 6000; ++s) {
    std::vector<int64_t> p = Random(static_cast<uint64_t>(s)).permutation(6);
    ++first[static_cast<size_t>(p[0])];
    std::sort(p.begin(), p.end());
    REQUIRE(p == std::vector<int64_t>{0, 1, 2, 3, 4, 5});
  }
  for (const int c : first) CHECK(c == doctest::Approx(1000).epsilon(0.12));
  CHECK(Random(1).permutation(0).empty());
}

}  // namespace
}  // namespace ppl
