#include "io/tiles/input_spec.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/random.h"
#include "io/image/geotiff.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

InputSpec full_spec() {
  InputSpec s;
  s.bands = {5, 3};
  s.stretch_low = {100, 0.1};
  s.stretch_high = {2000, 1e4 / 3};
  s.mean = {0.1, 1.0 / 3};
  s.std = {0.2, 1e-3};
  s.ground_sample_distance = 0.3;
  return s;
}

TEST_CASE("JSON keeps every digit") {
  CHECK(input_spec_from_json(to_json(full_spec()), "x") == full_spec());
  CHECK(input_spec_from_json(to_json(InputSpec{}), "x") == InputSpec{});
  CHECK(input_spec_from_json("{}", "x") == InputSpec{});
}

TEST_CASE("what is wrong with a spec is said") {
  const auto refusal = [](const std::string& text) {
    return error_of([&] { input_spec_from_json(text, "run.json"); });
  };
  CHECK(contains(refusal(R"({"meen":[1]})"), "run.json: unknown key \"meen\"; did you mean \"mean\"?"));
  CHECK(contains(refusal(R"({"mean":[1]})"), "mean has 1 numbers for 3 bands"));
  CHECK(contains(refusal(R"({"mean":"x"})"), "run.json: "));
  CHECK(contains(refusal(R"({"std":[1,1,0]})"), "std holds 0"));
  CHECK(contains(refusal(R"({"std":[1,1,1e999]})"), "run.json: "));
  CHECK(contains(refusal(R"({"bands":[0,1,2]})"), "counted from 1"));
  CHECK(contains(refusal(R"({"bands":[]})"), "0 bands"));
  CHECK(contains(refusal(R"({"stretch_low":[1,2,3]})"), "go together"));
  CHECK(contains(refusal(R"({"stretch_low":[1,2,3],"stretch_high":[2,2,4]})"), "stretch from 2 to 2"));
  CHECK(contains(refusal(R"({"ground_sample_distance":-1})"), "ground_sample_distance -1"));
  CHECK(contains(refusal("[]"), "expected an object"));
  CHECK(contains(refusal("{"), "run.json: "));
}

TEST_CASE("stretch") {
  InputSpec s;
  s.bands = {1};
  s.mean = s.std = {0.5};
  Image image = Image::make(1, 6, 1, 16);
  const uint16_t values[] = {0, 100, 101, 200, 355, 65535};
  std::copy(std::begin(values), std::end(values), image.u16());
  CHECK(contains(error_of([&] { stretch(image, s, "a.tif"); }), "a.tif: 16-bit image, but no stretch"));
  s.stretch_low = {100};
  s.stretch_high = {355};
  CHECK(stretch(image, s, "x").bytes == std::vector<uint8_t>{0, 0, 1, 100, 255, 255});
  s.stretch_high = {610};  // 255 over 510: halves round up
  CHECK(stretch(image, s, "x").bytes == std::vector<uint8_t>{0, 0, 1, 50, 128, 255});
  Image eight = Image::make(1, 2, 1);
  eight.bytes = {100, 255};
  CHECK(contains(error_of([&] { stretch(eight, s, "b.png"); }), "b.png: 8-bit image, but the stretch is for 16 bit"));
  s.stretch_high = {200};
  CHECK(stretch(eight, s, "x").bytes == std::vector<uint8_t>{0, 255});
  s.stretch_low.clear();
  s.stretch_high.clear();
  CHECK(stretch(eight, s, "x").bytes == eight.bytes);
  CHECK(contains(error_of([&] { stretch(Image::make(1, 1, 2), s, "x"); }), "2 bands, expected 1"));
}

TEST_CASE("normalisation") {
  const auto tables = normalisation_tables(InputSpec{});
  REQUIRE(tables.size() == 3);
  CHECK(tables[0][0] == doctest::Approx(-0.3262061 / 0.11344261));
  CHECK(tables[2][255] == doctest::Approx((1 - 0.41451698) / 0.14105087));
}

// Mean and deviation computed pixel by pixel.
void check_moments(const std::vector<double>& values, double mean, double deviation) {
  double sum = 0, squares = 0;
  for (const double v : values) sum += v / 255;
  const double expected = sum / static_cast<double>(values.size());
  for (const double v : values) squares += (v / 255 - expected) * (v / 255 - expected);
  CHECK(mean == doctest::Approx(expected).epsilon(1e-12));
  CHECK(deviation == doctest::Approx(std::sqrt(squares / static_cast<double>(values.size()))).epsilon(1e-12));
}

TEST_CASE("a folder is measured") {
  const TemporaryFolder dir;
  Random random(3);
  std::vector<std::string> paths;
  std::vector<double> blue, red;
  for (int f = 0; f < 5; ++f) {
    Image image = Image::make(20 + f, 30, 3);
    for (auto& v : image.bytes) v = static_cast<uint8_t>(random.integer(0, 200));
    for (size_t i = 0; i < image.bytes.size(); i += 3) {
      blue.push_back(image.bytes[i]);
      red.push_back(image.bytes[i + 2]);
    }
    paths.push_back(dir / (std::to_string(f) + ".png"));
    write_png(paths.back(), image);
  }
  MeasureOptions o;
  o.ground_sample_distance = 0.5;
  const InputSpec s = measure_input(paths, o);
  CHECK(s.bands == std::vector<int>{3, 2, 1});
  CHECK(s.stretch_low.empty());
  CHECK(s.ground_sample_distance == 0.5);
  check_moments(blue, s.mean[0], s.std[0]);
  check_moments(red, s.mean[2], s.std[2]);

  std::reverse(paths.begin(), paths.end());
  o.threads = 3;
  CHECK(measure_input(paths, o) == s);
  paths.push_back(dir / "none.png");
  CHECK(contains(error_of([&] { measure_input(paths, o); }), "none.png"));
  CHECK(contains(error_of([&] { measure_input({}, o); }), "no images"));
  o.high_percent = 2;
  CHECK(contains(error_of([&] { measure_input(paths, o); }), "percentiles"));
}

TEST_CASE("pixels without data can be left out; a constant band has a deviation above zero") {
  const TemporaryFolder dir;
  Image image = Image::make(10, 10, 1);
  std::fill(image.bytes.begin() + 50, image.bytes.end(), uint8_t{51});
  write_png(dir / "a.png", image);
  MeasureOptions o;
  o.bands = {1};
  CHECK(measure_input({dir / "a.png"}, o).mean[0] == doctest::Approx(0.1));
  o.skip_zeros = true;
  const InputSpec s = measure_input({dir / "a.png"}, o);
  CHECK(s.mean[0] == doctest::Approx(0.2));
  CHECK(s.std[0] == doctest::Approx(1.0 / 255));
  write_png(dir / "b.png", Image::make(4, 4, 1));
  CHECK(contains(error_of([&] { measure_input({dir / "b.png"}, o); }), "no pixel"));
}

TEST_CASE("real 16-bit images are measured and stretched") {
  const std::string folder = test::data_folder("rasterize");
  if (folder.empty() || !have_gdal()) {
    MESSAGE("skipped: ../shared/data or GDAL is not here");
    return;
  }
  const std::string vegas = folder + "/vegas_roads/image.tif";
  MeasureOptions o;
  o.bands = {1};
  const InputSpec s = measure_input({vegas}, o);
  REQUIRE(s.stretch_low.size() == 1);
  CHECK(s.stretch_low[0] < s.stretch_high[0]);
  const Image image = read_input(vegas, s);
  CHECK(image.depth == 8);
  std::vector<double> values(image.bytes.begin(), image.bytes.end());
  check_moments(values, s.mean[0], s.std[0]);
  std::sort(values.begin(), values.end());
  CHECK(values[values.size() * 3 / 100] > 0);
  CHECK(values[values.size() / 100] == 0);
  CHECK(values[values.size() * 97 / 100] < 255);
  CHECK(values[values.size() * 99 / 100] == 255);
}

}  // namespace
}  // namespace ppl
