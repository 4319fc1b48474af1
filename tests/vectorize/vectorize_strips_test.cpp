// TIFF masks and probabilities that are read in strips and rectangles: the same as whole, however they are cut.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/random.h"
#include "io/image/mask_reader.h"
#include "io/image/scene.h"
#include "io/vectorize/probability_file.h"
#include "io/vectorize/vectorize.h"
#include "tests/support/process.h"

using namespace ppl;

namespace {

constexpr int64_t kHeight = 150, kWidth = 130;
constexpr int64_t kStrips[] = {1, 20 * kWidth, 60 * kWidth, int64_t{1} << 22};

// As predict writes them: tiled. value(row, column) of each band.
template <class Value>
std::string write_tiff(const TemporaryFolder& dir, int bands, Value&& value) {
  const std::string path = dir / "a_mask.tif";
  SceneWriter file(path, {SceneType::u8, kHeight, kWidth, bands, 16, {}, {}});
  std::vector<uint8_t> plane(static_cast<size_t>(kHeight * kWidth));
  for (int b = 0; b < bands; ++b) {
    for (size_t i = 0; i < plane.size(); ++i)
      plane[i] = static_cast<uint8_t>(value(static_cast<int64_t>(i) / kWidth, static_cast<int64_t>(i) % kWidth));
    file.write(b, 0, 0, kHeight, kWidth, plane.data());
  }
  file.commit();
  return path;
}

BitImage whole_foreground(const std::string& path, const ForegroundOptions& o) {
  Image mask = read_mask(path, MaskOptions{o.classes, o.foreground});
  for (uint8_t& v : mask.bytes) v = v == o.label;
  return BitImage::from_bytes(mask.u8(), mask.height, mask.width);
}

// Crossing bands of roads.
bool on_road(int64_t row, int64_t column) { return row % 50 < 7 || (column + row / 3) % 60 < 7; }

double probability(int64_t row, int64_t column) {
  return 0.5 + 0.5 * std::sin(0.1 * static_cast<double>(row)) * std::cos(0.07 * static_cast<double>(column));
}

}  // namespace

TEST_CASE("masks in strips are what they are as a whole") {
  const TemporaryFolder dir;
  const auto check = [&](const char* what, int bands, const ForegroundOptions& o, auto&& value) {
    CAPTURE(what);
    const std::string path = write_tiff(dir, bands, value);
    const BitImage expected = whole_foreground(path, o);
    CHECK(expected.count() > 0);
    for (const int64_t strip : kStrips) CHECK(read_foreground(path, o, strip) == expected);
  };
  const auto bit = [](int64_t y, int64_t x) { return static_cast<int>(on_road(y, x)); };
  check("0 and 1", 1, {}, bit);
  check("0 and 255", 1, {}, [&](int64_t y, int64_t x) { return 255 * bit(y, x); });
  const ForegroundOptions chosen{{}, 1, 1, parse_foreground({"128-255"}, "test")};
  check("a range", 1, chosen, [&](int64_t y, int64_t) { return y < 100 ? 127 : 128; });
  check("three bands", 3, {}, [&](int64_t y, int64_t x) { return 255 * bit(y, x); });
  check("classes", 1, {{}, 3, 2}, [&](int64_t y, int64_t x) { return y < 10 ? 255 : (y / 20 + x / 20) % 4; });
}

TEST_CASE("255 beside ones is no foreground, however late it comes") {
  const TemporaryFolder dir;
  const auto check = [&](auto&& is_255) {
    const std::string path =
        write_tiff(dir, 1, [&](int64_t y, int64_t x) { return is_255(y, x) ? 255 : on_road(y, x); });
    BitImage expected(kHeight, kWidth);
    for (int64_t i = 0; i < kHeight * kWidth; ++i) {
      const int64_t y = i / kWidth, x = i % kWidth;
      if (on_road(y, x) && !is_255(y, x)) expected.set(y, x);
    }
    for (const int64_t strip : kStrips) CHECK(read_foreground(path, {}, strip) == expected);
  };
  check([](int64_t y, int64_t) { return y + 1 == kHeight; });
  check([](int64_t y, int64_t x) { return y == 70 && x == 3; });
  check([](int64_t y, int64_t x) { return x < 40 || y < 20; });
}

TEST_CASE("an unknown class is named with its place in the whole image") {
  const TemporaryFolder dir;
  const std::string path = write_tiff(dir, 1, [](int64_t y, int64_t x) { return y == 111 && x == 17 ? 9 : 1; });
  for (const int64_t strip : kStrips)
    CHECK_THROWS_WITH_AS(
        read_foreground(path, {{}, 3, 1}, strip),
        (path + ": value 9 at column 17, row 111; expected 0 to 3 or 255, got 1 (19499 pixels), 9 (1)").c_str(), Error);
}

TEST_CASE("probabilities in strips and rectangles") {
  const TemporaryFolder dir;
  for (const SceneType type : {SceneType::u8, SceneType::f16, SceneType::f32}) {
    const std::string path = dir / "a_prob.tif";
    SceneWriter file(path, {type, kHeight, kWidth, 1, 32, {}, {}});
    std::vector<float> values;
    for (int64_t i = 0; i < kHeight * kWidth; ++i)
      values.push_back(static_cast<float>(probability(i / kWidth, i % kWidth)));
    std::vector<uint8_t> bytes;
    for (const float v : values) bytes.push_back(static_cast<uint8_t>(255 * v));
    if (type == SceneType::u8)
      file.write(0, 0, 0, kHeight, kWidth, bytes.data());
    else
      file.write(0, 0, 0, kHeight, kWidth, values.data());
    file.commit();

    const ProbabilityRaster whole = read_probabilities(path);
    BitImage expected(kHeight, kWidth);
    for (int64_t i = 0; i < kHeight * kWidth; ++i)
      if (whole.values[static_cast<size_t>(i)] > 0.4f) expected.set(i / kWidth, i % kWidth);
    for (const int64_t strip : kStrips) CHECK(read_foreground(path, {0.4, 1, 1}, strip) == expected);

    const ProbabilityFile parts(path);
    CHECK(parts.read(0, 0, kHeight, kWidth) == whole.values);
    CHECK(parts.read(33, 70, 1, 2) ==
          std::vector<float>{whole.values[33 * kWidth + 70], whole.values[33 * kWidth + 71]});
    const Polygon polygon{{{10.2, 3.7}, {90.5, 20}, {80, 140.3}, {30, 100}}, {{{40, 40}, {50, 40}, {45, 60}}}};
    double sum = 0;
    const double mean = mean_inside(parts, polygon);
    for (const int64_t pixels : {1, 100, 5000}) CHECK(mean_inside(parts, polygon, pixels) == mean);
    const Polygon square{{{20, 30}, {24, 30}, {24, 33}, {20, 33}}, {}};
    for (int64_t y = 30; y < 33; ++y)
      for (int64_t x = 20; x < 24; ++x) sum += static_cast<double>(whole.values[static_cast<size_t>(y * kWidth + x)]);
    CHECK(mean_inside(parts, square) == sum / 12);
    CHECK(mean_inside(parts, {{{200, 30}, {240, 30}, {240, 33}}, {}}) == 0);
  }
}

TEST_CASE("one image gives the lines of the same as a mosaic of tiles") {
  const TemporaryFolder dir;
  const GeoReference place{"", {500000, 0.5, 0, 5000000, 0, -0.5}};
  const std::string path = write_tiff(dir, 1, [](int64_t y, int64_t x) { return static_cast<int>(on_road(y, x)); });
  vectorize::Input one, many;
  one.tiles = {{"a", path, place}};
  many.mosaic = "a";
  for (int64_t y = 0; y < kHeight; y += 50) {
    for (int64_t x = 0; x < kWidth; x += 65) {
      std::vector<uint8_t> tile;
      for (int64_t i = 0; i < 50 * 65; ++i) tile.push_back(on_road(y + i / 65, x + i % 65));
      GeoReference of_tile = place;
      of_tile.transform[0] += 0.5 * static_cast<double>(x);
      of_tile.transform[3] -= 0.5 * static_cast<double>(y);
      const std::string name = cat(y, "_", x);
      write_mask_tiff(dir / (name + ".tif"), tile.data(), 50, 65, of_tile);
      many.tiles.push_back({name, dir / (name + ".tif"), of_tile});
    }
  }
  const auto roads = vectorize::roads_of(one, {}), of_tiles = vectorize::roads_of(many, {});
  REQUIRE(roads.size() == 1);
  REQUIRE(of_tiles.size() == 1);
  CHECK(roads[0].roads.size() > 3);
  CHECK(roads[0].roads == of_tiles[0].roads);
  const auto buildings = vectorize::buildings_of(one, {}), buildings_of_tiles = vectorize::buildings_of(many, {});
  CHECK(!buildings[0].buildings.empty());
  CHECK(buildings[0].buildings == buildings_of_tiles[0].buildings);
}
