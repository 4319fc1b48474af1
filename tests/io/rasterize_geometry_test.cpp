// Spans of capsules and polygons against their definitions, thick lines against OpenCV, the index against a search of
// everything.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <random>

#include "io/geometry/box_index.h"
#include "io/geometry/spans.h"
#include "io/geometry/thick_line.h"
#include "io/maps/features.h"
#include "io/maps/osm/tags.h"

using namespace ppl;

namespace {

using Pixels = std::vector<uint8_t>;

Pixels burnt(const std::vector<Span>& spans, Extent extent) {
  Pixels pixels(static_cast<size_t>(extent.height * extent.width), 0);
  for (const Span& s : spans) {
    REQUIRE(s.row >= 0);
    REQUIRE(s.row < extent.height);
    REQUIRE(s.begin >= 0);
    REQUIRE(s.begin < s.end);
    REQUIRE(s.end <= extent.width);
    for (int x = s.begin; x < s.end; ++x) pixels[static_cast<size_t>(s.row * extent.width + x)] = 1;
  }
  return pixels;
}

// Pixels of which `distance`, metres from being just inside (above 0) or outside, says otherwise by more than a
// thousandth of a millimetre.
template <class Distance>
int wrong(const Pixels& pixels, Extent extent, Distance&& distance) {
  int count = 0;
  for (int row = 0; row < extent.height; ++row) {
    for (int column = 0; column < extent.width; ++column) {
      const double d = distance(Point{column + 0.5, row + 0.5});
      if (std::abs(d) > 1e-6) count += pixels[static_cast<size_t>(row * extent.width + column)] != (d > 0);
    }
  }
  return count;
}

}  // namespace

TEST_CASE("a capsule covers the pixels whose centres are within the radius, on any ground") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> place(-30, 90), radius(0.3, 12), angle(0, 6.3), stretch(0.2, 3);
  const Extent extent{50, 60};
  int64_t covered = 0;
  for (int i = 0; i < 3000; ++i) {
    // Turned, stretched and sheared.
    const double turn = angle(random), kx = stretch(random), ky = stretch(random), shear = i % 3 == 0 ? 0.4 : 0;
    const GroundScale scale{kx * std::cos(turn), -ky * std::sin(turn) + shear, kx * std::sin(turn),
                            ky * std::cos(turn)};
    Point a{place(random), place(random)}, b{place(random), place(random)};
    if (i % 5 == 0) b.y = a.y + (i % 10 == 0 ? 0 : 1e-3);
    if (i % 7 == 0) b = a;
    const double r = radius(random);
    std::vector<Span> spans;
    cover_capsule(a, b, r, scale, extent, spans);
    const Pixels pixels = burnt(spans, extent);
    covered += std::count(pixels.begin(), pixels.end(), 1);
    const int bad = wrong(pixels, extent, [&](Point p) {
      const Point at = scale(p - a);
      return r - distance(at, nearest_on_segment(at, {0, 0}, scale(b - a)));
    });
    CAPTURE(i);
    REQUIRE(bad == 0);
  }
  CHECK(covered > 100000);
}

TEST_CASE("a polygon covers what lies in an odd number of its rings") {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> place(-20, 80);
  const Extent extent{50, 60};
  PolygonFiller filler;
  for (int i = 0; i < 500; ++i) {
    std::vector<Line> rings(1 + random() % 3);
    for (Line& ring : rings) {
      for (size_t n = 3 + random() % 6; n > 0; --n) ring.push_back({place(random), place(random)});
      if (i % 2 == 0) ring.push_back(ring.front());  // closed twice
    }
    std::vector<Span> spans;
    filler.cover(rings, extent, spans);
    const int bad = wrong(burnt(spans, extent), extent, [&](Point p) {
      bool odd = false;
      double near = 1e9;
      for (const Line& ring : rings) {
        odd ^= inside(p, ring);
        for (size_t k = 0; k < ring.size(); ++k) {
          near = std::min(near, distance(p, nearest_on_segment(p, ring[k], ring[(k + 1) % ring.size()])));
        }
      }
      return odd ? near : -near;
    });
    REQUIRE(bad == 0);
  }
  // Shapes side by side share no pixel and leave none out, even where centres lie on their common outline.
  std::vector<Span> left, right;
  filler.cover({{{0, 0}, {2.5, 0}, {2.5, 4}, {0, 4}}}, {4, 5}, left);
  filler.cover({{{2.5, 0}, {5, 0}, {5, 4}, {2.5, 4}}}, {4, 5}, right);
  const Pixels a = burnt(left, {4, 5}), b = burnt(right, {4, 5});
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] + b[i] == 1);
}

TEST_CASE("the area of rings does not depend on their directions") {
  const Line outline{{0, 0}, {10, 0}, {10, 10}, {0, 10}}, hole{{2, 2}, {6, 2}, {6, 6}, {2, 6}};
  const Line turned(hole.rbegin(), hole.rend());
  const GroundScale half{0.5, 0, 0, -0.5};
  CHECK(ground_area({outline}, half) == doctest::Approx(25));
  CHECK(ground_area({outline, hole}, half) == doctest::Approx(21));
  CHECK(ground_area({turned, outline}, half) == doctest::Approx(21));
}

TEST_CASE("thick lines are cv::line's, pixel for pixel") {
  std::mt19937 random(3);
  int64_t drawn = 0;
  for (int i = 0; i < 40000; ++i) {
    const int width = 20 + static_cast<int>(random() % 200), height = 20 + static_cast<int>(random() % 200);
    const int reach = i % 3 == 0 ? 100 : i % 3 == 1 ? 600 : 20000;
    const int thickness = static_cast<int>(random() % (i % 7 == 0 ? 3 : 41));
    const auto somewhere = [&](int middle) { return static_cast<int>(random() % (2 * reach)) - reach + middle; };
    cv::Point a(somewhere(width / 2), somewhere(height / 2)), b(somewhere(width / 2), somewhere(height / 2));
    if (i % 11 == 0) b.x = a.x;
    if (i % 13 == 0) b.y = a.y;
    if (i % 5 == 0) b = a + cv::Point(static_cast<int>(random() % 9) - 4, static_cast<int>(random() % 9) - 4);
    cv::Mat theirs(height, width, CV_8U, cv::Scalar(0));
    cv::line(theirs, a, b, 1, std::max(thickness, 1), cv::LINE_8);
    std::vector<Span> spans;
    cover_thick_line({a.x, a.y}, {b.x, b.y}, thickness, {height, width}, spans);
    const Pixels ours = burnt(spans, {height, width});
    drawn += cv::countNonZero(theirs);
    CAPTURE(i);
    REQUIRE(std::equal(ours.begin(), ours.end(), theirs.begin<uint8_t>()));
  }
  CHECK(drawn > 1000000);
}

TEST_CASE("the index finds what a search of all boxes finds") {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> place(-180, 180), side(0, 3);
  for (const size_t count : {0u, 1u, 15u, 16u, 17u, 300u, 5000u}) {
    BoxIndex::Builder builder;
    std::vector<Box> boxes;
    for (size_t i = 0; i < count; ++i) {
      const double x = place(random), y = place(random);
      boxes.push_back({x, y, x + side(random), y + side(random)});
      if (i % 50 == 7) boxes.back() = Box{};
      builder.add(boxes.back());
    }
    const BoxIndex index = builder.build();
    for (int query = 0; query < 50; ++query) {
      const double x = place(random), y = place(random);
      const Box box{x, y, x + 10 * side(random), y + 10 * side(random)};
      std::vector<uint32_t> found, expected;
      index.find(box, found);
      // Boxes are rounded outwards to floats, by less than 2e-5 here.
      const Box wider{box.min_x - 2e-5, box.min_y - 2e-5, box.max_x + 2e-5, box.max_y + 2e-5};
      for (uint32_t i = 0; i < count; ++i) {
        if (boxes[i].empty()) continue;
        const bool there = std::find(found.begin(), found.end(), i) != found.end();
        if (boxes[i].touches(box)) CHECK(there);
        if (!boxes[i].touches(wider)) CHECK_FALSE(there);
      }
      CHECK(std::is_sorted(found.begin(), found.end()));
    }
  }
}

TEST_CASE("features come back as they went in") {
  FeatureLayer layer("somewhere", FeatureLayer::Precision::degrees_e7);
  layer.add({"residential", 7.5, 2, false},
            {{{9.1234567, 47.0000001}, {9.2, 47.1}}, {{1, 1}}, {{-180, -90}, {180, 90}}});
  layer.add({"lost", 0, 0, false}, {{{1, 1}}});
  layer.add({"", 0, 0, true}, {{{0, 0}, {1, 0}, {1, 1}}});
  layer.build_index();
  REQUIRE(layer.size() == 2);
  Line points;
  std::vector<size_t> ends;
  layer.copy(0, points, ends);
  CHECK(ends == std::vector<size_t>{2, 4});
  CHECK(points[0].x == 9.1234567);
  CHECK(points[0].y == 47.0000001);
  CHECK(layer.traits(0).kind == "residential");
  CHECK(layer.traits(0).lanes == 2);
  CHECK(layer.traits(0).width == 7.5);
  CHECK(layer.traits(1).area);
  std::vector<uint32_t> found;
  layer.find({0.5, 0.2, 0.6, 0.3}, found);
  CHECK(found == std::vector<uint32_t>{0, 1});
}

TEST_CASE("widths and lanes as mappers write them") {
  const auto width = [](const char* text) { return parse_width(text).value_or(-1); };
  CHECK(width("7") == 7);
  CHECK(width(" 7.5 m ") == 7.5);
  CHECK(width("7,5") == 7.5);
  CHECK(width("10 ft") == doctest::Approx(3.048));
  CHECK(width("10'") == doctest::Approx(3.048));
  CHECK(width("9'6\"") == doctest::Approx(2.8956));
  for (const char* text :
       {"", "wide", "-3", "0", "1e3", "nan", "inf", "201", "3.5.1", "3;4", "7 km", "9'6", "~5", "."}) {
    CAPTURE(text);
    CHECK(width(text) == -1);
  }
  const auto lanes = [](const char* text) { return parse_lanes(text).value_or(-1); };
  CHECK(lanes("2") == 2);
  CHECK(lanes(" 3 ") == 3);
  for (const char* text : {"", "1.5", "2;3", "0", "-1", "31", "99999999999999", "two"}) CHECK(lanes(text) == -1);
}
