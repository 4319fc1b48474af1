// APLS: its parts against plain models.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apps/score/apls/graph.h"
#include "apps/score/apls/hierarchy.h"
#include "apps/score/apls/sweep.h"
#include "engine/random.h"

namespace ppl::score {
namespace {

TEST_CASE("rounding and cells") {
  CHECK(round_half_up(0.5) == 1);
  CHECK(round_half_up(-0.5) == 0);
  CHECK(round_half_up(-1.5) == -1);
  CHECK(round_half_up(0.49999999999999994) == 0);
  CHECK(round_half_up(4503599627370497.0) == 4503599627370497);
  CHECK(round_half_up(1e300) == INT64_MAX);
  CHECK(round_half_up(-1e300) == INT64_MIN);
  CHECK(cell_key({1.2, 3.4}) == 1200034);
  CHECK(cell_key({0, 10000}) == cell_key({0.1, 0}) + 0);
  CHECK(cell_key({4295.0, -3270.4}) == cell_key({0, 0}));
}

TEST_CASE("distance is the hypotenuse, to the last bit as fdlibm has it") {
  CHECK(fdlibm_distance({0, 0}, {3, 4}) == 5);
  CHECK(fdlibm_distance({1, 1}, {1, 1}) == 0);
  CHECK(fdlibm_distance({0, 0}, {1e-320, 0}) == 1e-320);
  CHECK(fdlibm_distance({0, 0}, {3e200, 4e200}) == doctest::Approx(5e200));
  CHECK(fdlibm_distance({0, 0}, {3e-200, 4e-200}) == doctest::Approx(5e-200));
  Random random(1);
  int last_bit = 0;
  for (int i = 0; i < 10000; ++i) {
    const Point p{random.uniform(-1300, 1300), random.uniform(-1300, 1300)};
    const long double exact = sqrtl(static_cast<long double>(p.x) * p.x + static_cast<long double>(p.y) * p.y);
    const double got = fdlibm_distance({0, 0}, p);
    CHECK(std::fabs(static_cast<double>(got - exact)) <= 1.0 * (std::nextafter(got, INFINITY) - got));
    last_bit += got != static_cast<double>(exact);
  }
  // fdlibm is not correctly rounded; a library that is would show 0 here.
  CHECK(last_bit > 500);
  CHECK(last_bit < 2500);
}

TEST_CASE("nodes come in the order of the buckets") {
  NodeSet set;
  // Keys 1000016 and 1000000 share bucket 15 of 16; insertion decides between them.
  CHECK(set.insert(7, {1, 1.6}));
  CHECK(set.insert(8, {1, 0}));
  CHECK_FALSE(set.insert(9, {1.001, 0.001}));  // equal to 8
  CHECK(set.find({1.001, 0}) == 8);
  CHECK(set.in_order() == std::vector<int>{7, 8});
  set.erase(7, {1, 1.6});
  CHECK(set.in_order() == std::vector<int>{8});
  CHECK(set.size() == 1);
  NodeSet many;
  for (int i = 0; i < 100; ++i) many.insert(i, {0.1 * (99 - i), 0});
  const std::vector<int> order = many.in_order();
  CHECK(order.size() == 100);
  for (size_t i = 1; i < order.size(); ++i) {
    CHECK(many.rank({0.1 * (99 - order[i - 1]), 0}) < many.rank({0.1 * (99 - order[i]), 0}));
  }
}

TEST_CASE("a list of edges keeps their order, of few and of many") {
  Random random(7);
  EdgeList list;
  std::vector<int> plain;
  for (int i = 0; i < 2000; ++i) {
    if (plain.empty() || (random.chance(0.5) && plain.size() < 9)) {
      list.add(i);
      plain.push_back(i);
    } else {
      const int edge = plain[static_cast<size_t>(random.integer(0, static_cast<int64_t>(plain.size()) - 1))];
      list.remove(edge);
      list.remove(-1);
      std::erase(plain, edge);
    }
    if (i % 100 == 99) list.clear(), plain.clear();
    REQUIRE(std::vector<int>(list.begin(), list.end()) == plain);
  }
}

TEST_CASE("a hierarchy's distances are those of Floyd and Warshall") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Random random(seed, 2);
    const int n = static_cast<int>(random.integer(1, 60));
    std::vector<GraphArc> edges;
    std::vector<double> d(static_cast<size_t>(n * n), INFINITY);
    const auto at = [&](int a, int b) -> double& { return d[static_cast<size_t>(a * n + b)]; };
    for (int i = 0; i < n; ++i) at(i, i) = 0;
    for (int64_t e = random.integer(0, 2 * n); e > 0; --e) {
      const int a = static_cast<int>(random.integer(0, n - 1)), b = static_cast<int>(random.integer(0, n - 1));
      const double length = static_cast<double>(random.integer(1, 100));
      edges.push_back({a, b, length});
      at(a, b) = std::min(at(a, b), length);
      if (random.chance(0.2)) continue;  // one way
      edges.push_back({b, a, length});
      at(b, a) = std::min(at(b, a), length);
    }
    for (int k = 0; k < n; ++k) {
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) at(i, j) = std::min(at(i, j), at(i, k) + at(k, j));
      }
    }
    const Hierarchy hierarchy(n, edges);
    SweepPlanner planner(hierarchy);
    // Some nodes in any order, some of them twice, some nowhere.
    std::vector<int> nodes, places;
    for (int64_t i = random.integer(1, 2 * n); i > 0; --i) {
      nodes.push_back(static_cast<int>(random.integer(0, n - 1)));
      places.push_back(random.chance(0.1) ? -1 : hierarchy.place(nodes.back()));
    }
    const SweepPlan plan = planner.plan(places);
    CHECK(plan.slots() <= n);
    Sweep sweep(plan);
    for (size_t first = 0; first < places.size(); first += kLanes) {
      const size_t end = std::min(first + kLanes, places.size());
      sweep.start(first, end);
      for (size_t j = 0; j < places.size(); ++j) {
        const Lanes& lanes = sweep.next();
        for (size_t i = first; i < end; ++i) {
          CHECK(lanes[i - first] == (places[i] < 0 || places[j] < 0 ? INFINITY : at(nodes[i], nodes[j])));
        }
      }
    }
  }
}

}  // namespace
}  // namespace ppl::score
