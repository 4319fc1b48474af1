// Skeletons to road lines: junctions, spurs, gaps, simplification, on drawn and random masks.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <string>

#include "io/geometry/simplify.h"
#include "io/image/image.h"
#include "io/vectorize/roads/road_lines.h"
#include "io/vectorize/roads/thin.h"
#include "tests/support/images/drawn.h"
#include "tests/support/io_support.h"

using namespace ppl;

namespace {

RoadOptions plain_options() {
  RoadOptions o;
  o.min_object = o.min_hole = 0;
  o.closing = 0;
  return o;
}

bool near(Point a, Point b, double tolerance) { return distance(a, b) <= tolerance; }

bool has_line(const std::vector<Line>& lines, Point a, Point b, double tolerance) {
  return std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
    return (near(line.front(), a, tolerance) && near(line.back(), b, tolerance)) ||
           (near(line.front(), b, tolerance) && near(line.back(), a, tolerance));
  });
}

}  // namespace

TEST_CASE("a crossing is one junction, roads run to the border, their lines lie on the roads") {
  BitImage mask(200, 240);
  draw_line(mask, {{-20, 60}, {260, 140}}, 5);
  draw_line(mask, {{100, -20}, {130, 220}}, 5);
  const std::vector<Line> lines = roads_from_mask(mask, plain_options());
  REQUIRE(lines.size() == 4);
  const double t = 3;
  const Point crossing{114.8, 98.5};
  CHECK(has_line(lines, {0, 65.7}, crossing, t));
  CHECK(has_line(lines, {240, 134.3}, crossing, t));
  CHECK(has_line(lines, {102.5, 0}, crossing, t));
  CHECK(has_line(lines, {127.5, 200}, crossing, t));
  double sum = 0;
  for (const Line& line : lines) sum += line_length(line);
  CHECK(sum == doctest::Approx(249.6 + 201.6).epsilon(0.02));
}

TEST_CASE("spurs go, roads that end stay, crumbs go") {
  BitImage mask(120, 300);
  draw_line(mask, {{20, 60}, {280, 60}}, 4);
  draw_line(mask, {{150, 60}, {150, 69}}, 2);   // a bump
  draw_line(mask, {{220, 60}, {220, 100}}, 4);  // a side road
  draw_line(mask, {{30, 20}, {38, 20}}, 3);     // a blob
  const std::vector<Line> lines = roads_from_mask(mask, plain_options());
  REQUIRE(lines.size() == 3);
  CHECK(has_line(lines, {20, 60}, {220, 60}, 6));
  CHECK(has_line(lines, {220, 60}, {220, 100}, 6));
  CHECK(has_line(lines, {220, 60}, {280, 60}, 6));
}

TEST_CASE("gaps close: end to end straight on, end to a road ahead, not beside or around a bend") {
  const auto lines_of = [](const std::vector<Line>& roads) {
    BitImage mask(200, 300);
    for (const Line& road : roads) draw_line(mask, road, 3);
    return roads_from_mask(mask, plain_options());
  };
  CHECK(lines_of({{{20, 100}, {120, 100}}, {{160, 102}, {280, 104}}}).size() == 1);  // far, straight on
  CHECK(lines_of({{{20, 100}, {120, 100}}, {{160, 130}, {280, 160}}}).size() == 2);  // far, off to the side
  CHECK(lines_of({{{20, 100}, {120, 100}}, {{130, 106}, {200, 170}}}).size() == 1);  // near, a bend
  CHECK(lines_of({{{20, 100}, {280, 100}}, {{150, 115}, {150, 190}}}).size() == 3);  // near a road ahead
  CHECK(lines_of({{{20, 100}, {150, 100}}, {{20, 112}, {150, 112}}}).size() == 2);   // side by side
}

TEST_CASE("a ring without a junction is a closed line") {
  BitImage mask(120, 120);
  Line circle;
  for (int i = 0; i <= 60; ++i)
    circle.push_back({60 + 40 * std::cos(i * 0.1047197551), 60 + 40 * std::sin(i * 0.1047197551)});
  draw_line(mask, circle, 3);
  const std::vector<Line> lines = roads_from_mask(mask, plain_options());
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].front() == lines[0].back());
  CHECK(line_length(lines[0]) == doctest::Approx(251).epsilon(0.05));
}

TEST_CASE("masks of all sorts: no segment twice, all inside, the same each time") {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    const BitImage mask = blobs(150, 170, 300 + seed);
    const std::vector<Line> lines = roads_from_mask(mask, plain_options());
    CHECK(lines == roads_from_mask(mask, plain_options()));
    std::vector<std::array<int64_t, 4>> segments;
    for (const Line& line : lines) {
      REQUIRE(line.size() >= 2);
      for (size_t i = 0; i < line.size(); ++i) {
        CHECK((line[i].x >= 0 && line[i].y >= 0 && line[i].x <= 170 && line[i].y <= 150));
        if (i == 0) continue;
        CHECK(distance(line[i - 1], line[i]) >= 0.01);
        std::array<int64_t, 4> key{std::llround(line[i - 1].x * 10), std::llround(line[i - 1].y * 10),
                                   std::llround(line[i].x * 10), std::llround(line[i].y * 10)};
        if (std::pair(key[0], key[1]) > std::pair(key[2], key[3])) std::swap(key[0], key[2]), std::swap(key[1], key[3]);
        segments.push_back(key);
      }
    }
    std::sort(segments.begin(), segments.end());
    CHECK(std::adjacent_find(segments.begin(), segments.end()) == segments.end());
  }
  CHECK(roads_from_mask(BitImage(0, 0), {}).empty());
  CHECK(roads_from_mask(BitImage(50, 50), {}).empty());
  BitImage full(80, 90);
  for (int64_t r = 0; r < 80; ++r) full.fill(r, 0, 90, true);
  CHECK_NOTHROW(roads_from_mask(full, {}));
}

TEST_CASE("simplification stays within the tolerance and keeps ends and rings") {
  std::mt19937 random(5);
  for (int n = 0; n < 20; ++n) {
    Line line;
    double y = 0;
    for (int i = 0; i < 300; ++i) line.push_back({i * 1.0, y += static_cast<double>(random() % 100) / 50 - 1});
    const Line less = simplified(line, 3);
    CHECK(less.front() == line.front());
    CHECK(less.back() == line.back());
    CHECK(less.size() < line.size());
    double worst = 0;
    for (const Point p : line) {
      double best = 1e9;
      for (size_t i = 1; i < less.size(); ++i)
        best = std::min(best, distance(p, nearest_on_segment(p, less[i - 1], less[i])));
      worst = std::max(worst, best);
    }
    CHECK(worst <= 3);
  }
  CHECK(simplified_ring({{0, 0}, {5, 0.1}, {10, 0}, {10, 10}, {0, 10}}, 1) == Line{{0, 0}, {10, 0}, {10, 10}, {0, 10}});
  CHECK(simplified_ring({{0, 0}, {10, 0.1}, {20, 0}, {10, -0.1}}, 1).size() < 3);
}

TEST_CASE("a real mask of 1024 x 1024 pixels") {
  const std::string folder = test::data_folder("roads_deepglobe");
  if (folder.empty()) {
    MESSAGE("skipped: no ../shared/data/roads_deepglobe");
    return;
  }
  for (const char* id : {"104", "113"}) {
    const Image mask = read_mask(folder + "/" + id + "_mask.png");
    const BitImage bits = BitImage::from_bytes(mask.u8(), mask.height, mask.width);
    double best = 1e9, best_thin = 1e9;
    size_t lines = 0;
    for (int i = 0; i < 5; ++i) {
      const auto start = std::chrono::steady_clock::now();
      BitImage skeleton = bits;
      thin(skeleton);
      const SkeletonGraph graph = trace_skeleton(skeleton);
      const auto middle = std::chrono::steady_clock::now();
      lines = roads_from_mask(bits, {}).size();
      const auto end = std::chrono::steady_clock::now();
      best_thin = std::min(best_thin, std::chrono::duration<double, std::milli>(middle - start).count());
      best = std::min(best, std::chrono::duration<double, std::milli>(end - middle).count());
      CHECK_FALSE(graph.edges.empty());
    }
    MESSAGE(std::string(id), ": thinning and tracing ", best_thin, " ms, all steps ", best, " ms, ", lines, " lines");
  }
}
