// Masks as people have them: read as what they mean, or refused with the values and the option that decides.
#include <doctest/doctest.h>

#include <cmath>

#include "io/image/codecs/codec.h"
#include "io/image/geotiff.h"
#include "io/image/mask_reader.h"
#include "io/image/scene.h"
#include "tests/support/images/other_files.h"
#include "tests/support/io_support.h"

using namespace ppl;
using test::contains;
using test::error_of;

namespace {

// Rows of `values`, which repeat: 8 x 6 pixels.
std::string grey(const TemporaryFolder& dir, const std::vector<uint8_t>& values) {
  Image image = Image::make(6, 8, 1);
  for (size_t i = 0; i < image.bytes.size(); ++i) image.bytes[i] = values[i % values.size()];
  write_png(dir / "a_mask.png", image);
  return dir / "a_mask.png";
}

// Two colours in turn, R,G,B.
std::string colours(const TemporaryFolder& dir, std::array<uint8_t, 3> even, std::array<uint8_t, 3> odd) {
  Image image = Image::make(6, 8, 3);
  for (size_t i = 0; i < 48; ++i) {
    const auto& c = i % 2 == 0 ? even : odd;
    for (size_t b = 0; b < 3; ++b) image.bytes[3 * i + b] = c[2 - b];
  }
  write_png(dir / "a_mask.png", image);
  return dir / "a_mask.png";
}

std::vector<uint8_t> first(const std::string& path, size_t n, const std::vector<std::string>& foreground = {},
                           int classes = 1) {
  std::vector<uint8_t> bytes = read_mask(path, MaskOptions{classes, parse_foreground(foreground, "test")}).bytes;
  bytes.resize(n);
  return bytes;
}

using Bytes8 = std::vector<uint8_t>;

}  // namespace

TEST_CASE("grey masks that say what they mean") {
  const TemporaryFolder dir;
  CHECK(first(grey(dir, {0, 1}), 2) == Bytes8{0, 1});
  CHECK(first(grey(dir, {0, 255}), 2) == Bytes8{0, 1});
  CHECK(first(grey(dir, {0, 1, 255}), 3) == Bytes8{0, 1, 255});
  CHECK(first(grey(dir, {0}), 1) == Bytes8{0});
  CHECK(first(grey(dir, {0, 2, 255}), 3, {}, 2) == Bytes8{0, 2, 255});
}

TEST_CASE("other values are refused with their counts, or read by an option") {
  const TemporaryFolder dir;
  for (const std::vector<uint8_t>& values :
       std::vector<std::vector<uint8_t>>{{0, 2}, {1, 2}, {1, 255}, {0, 100}, {0, 1, 2}, {0, 254}, {0, 128, 255}, {7}}) {
    const std::string path = grey(dir, values), text = error_of([&] { read_mask(path); });
    CAPTURE(text);
    CHECK(contains(text, path));
    CHECK(contains(text, cat(int{values.back()}, " (")));
    CHECK(contains(text, "--foreground"));
  }
  const std::string path = grey(dir, {0, 100, 200, 255});
  CHECK(first(path, 4, {"100"}) == Bytes8{0, 1, 0, 255});
  CHECK(first(path, 4, {"128-255"}) == Bytes8{0, 0, 1, 1});
  CHECK(first(path, 4, {"100", "255"}) == Bytes8{0, 1, 0, 1});
  CHECK(first(grey(dir, {1, 255}), 2, {"1"}) == Bytes8{1, 255});
  CHECK(first(grey(dir, {1, 255}), 2, {"255"}) == Bytes8{0, 1});
  CHECK(contains(error_of([&] { first(path, 4, {"1"}, 2); }), "is for masks of one class"));
  for (const char* wrong : {"", "x", "1,2", "1,2,3,4", "9-3", "-1", "255,0,0x"})
    CHECK(contains(error_of([&] { parse_foreground({wrong}, "here"); }), "here: '"));
  CHECK(contains(error_of([&] { parse_foreground({"alpha", "1"}, "here"); }), "alpha stands alone"));
}

TEST_CASE("of two colours of which one is black the other is foreground, whatever its brightness") {
  const TemporaryFolder dir;
  for (const std::array<uint8_t, 3>& c : {std::array<uint8_t, 3>{255, 0, 0}, {0, 0, 255}, {0, 128, 0}, {1, 0, 0}}) {
    CHECK(first(colours(dir, {0, 0, 0}, c), 2) == Bytes8{0, 1});
    CHECK(first(colours(dir, c, {0, 0, 0}), 2) == Bytes8{1, 0});
  }
  const std::string path = colours(dir, {255, 255, 255}, {255, 0, 0});
  CHECK(contains(error_of([&] { read_mask(path); }), "255 (24 pixels), 255,0,0 (24)"));
  CHECK(first(path, 2, {"255,0,0"}) == Bytes8{0, 1});
  CHECK(first(path, 2, {"255,255,255"}) == Bytes8{1, 0});
  CHECK(contains(error_of([&] { read_mask(path, 2); }), "colour 255,0,0 at column 1, row 0; expected 0 to 2 or 255"));
}

TEST_CASE("more colours than a mask can have are refused, not taken for ignored ones") {
  const TemporaryFolder dir;
  Image image = Image::make(100, 100, 3);
  for (size_t i = 0; i < 10000; ++i) {
    image.bytes[3 * i] = static_cast<uint8_t>(i % 100);
    image.bytes[3 * i + 1] = static_cast<uint8_t>(i / 100);
    image.bytes[3 * i + 2] = 200;
  }
  write_png(dir / "a_mask.png", image);
  CHECK(contains(error_of([&] { first(dir / "a_mask.png", 1, {"200,0,0"}); }), "more than 4096 colours or values"));
}

TEST_CASE("masks of one folder must agree") {
  const TemporaryFolder dir;
  MaskCensus census;
  MaskSummary summary;
  const auto add = [&](const std::string& path) {
    read_mask(path, MaskOptions{}, &summary);
    census.add(path, summary);
  };
  add(grey(dir, {0, 1, 255}));
  add(grey(dir, {0}));
  census.check("folder");
  CHECK(describe(census.totals()) == "1 of 2 masks hold foreground, 1 no data or ignored pixels");
  // One bit is white: it contradicts nothing.
  const std::vector<uint8_t> ones(48, 1);
  write_mask_png(dir / "bit_mask.png", ones.data(), 6, 8);
  add(dir / "bit_mask.png");
  census.check("folder");
  add(grey(dir, {0, 255}));  // is this 255 the foreground, or no data?
  const std::string text = error_of([&] { census.check("folder"); });
  CHECK(contains(text, "folder: the foreground of its masks is not one value: 1 in 1 ("));
  CHECK(contains(text, "255 in 1 ("));
  CHECK(contains(text, "--foreground"));
}

TEST_CASE("TIFF masks: declared no data is no data, types of whole numbers are taken") {
  if (!have_gdal()) return;
  const TemporaryFolder dir;
  const std::string path = dir / "a_mask.tif";
  const auto write = [&](SceneType type, std::vector<float> values, std::optional<double> no_data) {
    SceneWriter file(path, {type, 1, static_cast<int64_t>(values.size()), 1, 16, {}, no_data});
    const std::vector<uint8_t> bytes(values.begin(), values.end());
    if (type == SceneType::u8)
      file.write(0, 0, 0, 1, static_cast<int64_t>(values.size()), bytes.data());
    else
      file.write(0, 0, 0, 1, static_cast<int64_t>(values.size()), values.data());
    file.commit();
  };
  write(SceneType::u8, {0, 1, 255}, 255);
  CHECK(first(path, 3) == Bytes8{0, 1, 255});
  write(SceneType::u8, {0, 7, 255}, 7);
  CHECK(first(path, 3) == Bytes8{0, 255, 1});
  write(SceneType::f32, {0, 1, std::nanf(""), -9999}, -9999);
  CHECK(first(path, 4) == Bytes8{0, 1, 255, 255});
  write(SceneType::f32, {0, 255}, {});
  CHECK(first(path, 2) == Bytes8{0, 1});
  write(SceneType::f32, {0, 0.5f}, {});
  CHECK(contains(error_of([&] { read_mask(path); }), "value 0.5 at column 1, row 0; a mask holds whole numbers"));
  write(SceneType::f32, {0, -3}, {});
  CHECK(contains(error_of([&] { read_mask(path); }), "-3 (1"));
  // 0 declared as no data leaves no background.
  write(SceneType::u8, {0, 1, 1}, 0);
  CHECK(contains(error_of([&] { read_mask(path); }), "0, its background, is declared no data"));
  CHECK(first(path, 3, {"1"}) == Bytes8{0, 1, 1});
}

TEST_CASE("a mask whose opacity carries the shape is refused with that reason") {
  // Red where opaque, transparent red elsewhere; 2 x 1 pixels, R,G,B,A.
  const TemporaryFolder dir;
  const std::string path = dir / "a_mask.png";
  test::write_rgba_png(path, 2, 1, {255, 0, 0, 255, 255, 0, 0, 0});
  CHECK(contains(error_of([&] { read_mask(path); }), "may be in its opacity"));
  CHECK(first(path, 2, {"alpha"}) == Bytes8{1, 0});
  // Transparent pixels are no data where the others speak for themselves.
  test::write_rgba_png(path, 3, 1, {255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 0});
  CHECK(first(path, 3) == Bytes8{1, 0, 255});
}
