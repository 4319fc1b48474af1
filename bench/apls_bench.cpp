// Times of APLS on made-up towns: how they grow with the edges, and 1,000 tiles on one thread and on all. JSON lines.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>

#include "apps/score/apls/apls.h"
#include "apps/score/apls/check.h"
#include "io/threads.h"
#include "tests/support/maps/road_support.h"

namespace {

using ppl::ImageRoads;
using ppl::RoadLine;
using ppl::score::AplsMethod;
using ppl::score::ImageApls;

struct Pair {
  std::vector<RoadLine> truth, prediction;
};

Pair make_pair(uint64_t seed, int edges) {
  ppl::Random random(seed, edges);
  const auto valid = [](std::vector<RoadLine> lines) {
    ImageRoads roads{std::move(lines), {}};
    ppl::score::set_bad_rows_aside(roads);
    return std::move(roads.lines);
  };
  Pair pair{valid(ppl::test::town(random, edges)), {}};
  pair.prediction = valid(ppl::test::detected(random, pair.truth, 2, 0.05));
  return pair;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double cpu_now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Other programs on the machine lengthen the first, hardly the second.
struct Spent {
  double seconds, cpu_seconds;
};

template <class F>
Spent spent(F&& f) {
  const double start = now(), cpu_start = cpu_now();
  f();
  return {now() - start, cpu_now() - cpu_start};
}

// The shortest of several runs.
Spent shortest(int runs, const std::function<void()>& f) {
  Spent best = spent(f);
  for (int i = 1; i < runs; ++i) {
    const Spent again = spent(f);
    best = {std::min(best.seconds, again.seconds), std::min(best.cpu_seconds, again.cpu_seconds)};
  }
  return best;
}

void pairs(const std::vector<int>& sizes, int literal_up_to, int runs) {
  for (const int edges : sizes) {
    const Pair pair = make_pair(1, edges);
    for (const AplsMethod method : {AplsMethod::quick, AplsMethod::literal}) {
      const bool literal = method == AplsMethod::literal;
      if (literal && edges > literal_up_to) continue;
      ImageApls result;
      const Spent s = shortest(edges > 2000 || literal ? 1 : runs,
                               [&] { result = ppl::score::score_image(pair.truth, pair.prediction, {}, method); });
      fmt::print(
          "{{\"bench\":\"pair\",\"method\":\"{}\",\"edges\":[{},{}],\"control_points\":[{},{}],\"ms\":{:.3f},\"cpu_"
          "ms\":{:.3f},"
          "\"apls\":{:.6f},\"walked\":[{},{}]}}\n",
          literal ? "literal" : "quick", result.edges[0], result.edges[1], result.control_points[0],
          result.control_points[1], 1000 * s.seconds, 1000 * s.cpu_seconds, result.score, result.walked[0],
          result.walked[1]);
      std::fflush(stdout);
    }
  }
}

void tiles(int count, int edges, int threads, int runs) {
  std::vector<Pair> made;
  for (int i = 0; i < count; ++i) made.push_back(make_pair(static_cast<uint64_t>(i), edges));
  std::vector<double> scores(made.size());
  const auto run = [&](int n) {
    ppl::for_each_index(count, n, [&](int64_t i) {
      const Pair& pair = made[static_cast<size_t>(i)];
      scores[static_cast<size_t>(i)] = ppl::score::score_image(pair.truth, pair.prediction, {}).score;
    });
  };
  double one = 1e300, all = 1e300, cpu = 1e300, all_cpu = 1e300;
  for (int r = 0; r < runs; ++r) {  // in turn, as other programs come and go
    const Spent alone = spent([&] { run(1); }), together = spent([&] { run(threads); });
    one = std::min(one, alone.seconds), cpu = std::min(cpu, alone.cpu_seconds);
    all = std::min(all, together.seconds), all_cpu = std::min(all_cpu, together.cpu_seconds);
  }
  fmt::print("{{\"bench\":\"tiles\",\"tiles\":{},\"edges\":{},\"ms_per_tile\":{:.3f},\"cpu_ms_per_tile\":{:.3f},",
             count, edges, 1000 * one / count, 1000 * cpu / count);
  // The second: how much less CPU time one thread needs for the same work.
  fmt::print("\"threads\":{},\"share_of_linear\":{:.3f},\"share_of_linear_by_cpu\":{:.3f}}}\n", threads,
             one / all / threads, cpu / all_cpu);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times of APLS");
  std::vector<int> sizes{100, 500, 1000, 2000, 5000, 10000, 20000};
  int literal_up_to = 1000, count = 1000, tile_edges = 100, runs = 5;
  int threads = ppl::available_threads();
  app.add_option("--edges", sizes, "Sizes of the pairs")->delimiter(',')->capture_default_str();
  app.add_option("--literal", literal_up_to, "Largest pair for the literal method too")->capture_default_str();
  app.add_option("--tiles", count, "Tiles scored in parallel")->capture_default_str();
  app.add_option("--tile-edges", tile_edges, "Edges of a tile")->capture_default_str();
  app.add_option("--threads", threads, "Threads for the tiles")->capture_default_str();
  app.add_option("--runs", runs, "The shortest of so many runs counts")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  pairs(sizes, literal_up_to, runs);
  if (count > 0) tiles(count, tile_edges, threads, runs);
  return 0;
}
