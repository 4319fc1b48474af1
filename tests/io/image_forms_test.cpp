// Images as people have them: palettes, transparency, cut ends, white margins.
#include <doctest/doctest.h>

#include "io/image/formats.h"
#include "io/image/resample.h"
#include "io/image/scene.h"
#include "io/image/white_margin.h"
#include "io/tiles/input_spec.h"
#include "tests/support/images/other_files.h"
#include "tests/support/io_support.h"

using namespace ppl;
using test::contains;
using test::error_of;

namespace {

Image noise(int64_t side, int bands) {
  Image image = Image::make(side, side, bands);
  for (size_t i = 0; i < image.bytes.size(); ++i) image.bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 13);
  return image;
}

}  // namespace

TEST_CASE("transparent pixels of a PNG are no data") {
  const TemporaryFolder dir;
  test::write_rgba_png(dir / "a.png", 3, 1, {1, 2, 3, 255, 4, 5, 6, 0, 7, 8, 9, 1});
  std::vector<uint8_t> valid;
  CHECK(read_image(dir / "a.png", {}, &valid).bytes == std::vector<uint8_t>{3, 2, 1, 6, 5, 4, 9, 8, 7});
  CHECK(valid == std::vector<uint8_t>{1, 0, 1});
  test::write_rgba_png(dir / "a.png", 1, 1, {1, 2, 3, 255});
  read_image(dir / "a.png", {}, &valid);
  CHECK(valid.empty());
}

TEST_CASE("a value may be declared no data by who reads") {
  const TemporaryFolder dir;
  Image image = Image::make(1, 3, 3);
  image.bytes = {0, 0, 0, 0, 1, 0, 5, 5, 5};
  write_png(dir / "a.png", image);
  std::vector<uint8_t> valid;
  read_image(dir / "a.png", {{3, 2, 1}, 100, 0}, &valid);
  CHECK(valid == std::vector<uint8_t>{0, 1, 1});
  MeasureOptions o;
  o.no_data = 0;
  const InputSpec spec = measure_input({dir / "a.png"}, o);
  CHECK(spec.no_data == 0);
  CHECK(spec.mean[1] == doctest::Approx(3.0 / 255));
  CHECK(input_spec_from_json(to_json(spec), "test") == spec);
  CHECK(contains(error_of([&] { input_spec_from_json(R"({"no_data": -1})", "test"); }), "no_data -1"));
}

TEST_CASE("a JPEG may lack the mark of its end, and nothing else") {
  const TemporaryFolder dir;
  write_jpeg(dir / "a.jpg", noise(64, 3));
  const auto whole = read_file(dir / "a.jpg");
  const Image expected = read_image(dir / "a.jpg");
  for (const size_t missing : {1, 2}) {
    test::write_bytes(dir / "b.jpg", {whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(missing)});
    CHECK(read_image(dir / "b.jpg").bytes == expected.bytes);
  }
  for (const size_t missing : {40, 400, 2000}) {
    test::write_bytes(dir / "b.jpg", {whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(missing)});
    CHECK(contains(error_of([&] { read_image(dir / "b.jpg"); }), "b.jpg: damaged or incomplete JPEG"));
  }
}

TEST_CASE("progressive and CMYK JPEGs") {
  const TemporaryFolder dir;
  test::write_other_jpeg(dir / "p.jpg", noise(64, 3), true);
  const auto whole = read_file(dir / "p.jpg");
  const Image expected = read_image(dir / "p.jpg");
  test::write_bytes(dir / "q.jpg", {whole.begin(), whole.end() - 2});
  CHECK(read_image(dir / "q.jpg").bytes == expected.bytes);
  test::write_bytes(dir / "q.jpg", {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2)});
  CHECK(contains(error_of([&] { read_image(dir / "q.jpg"); }), "damaged or incomplete JPEG"));
  test::write_other_jpeg(dir / "c.jpg", noise(16, 4), false);
  CHECK(contains(error_of([&] { read_image(dir / "c.jpg"); }), "c.jpg: a CMYK JPEG"));
}

TEST_CASE("resampled images are means by triangles, as Pillow's BILINEAR") {
  Image line = Image::make(1, 2, 1);
  line.bytes = {0, 100};
  std::vector<uint8_t> valid;
  CHECK(resample(line, valid, 1, 4).bytes == std::vector<uint8_t>{0, 25, 75, 100});
  line = Image::make(1, 4, 1);
  line.bytes = {0, 0, 100, 100};
  // Weights 3, 3, 1 of 7 from the left.
  CHECK(resample(line, valid, 1, 2).bytes == std::vector<uint8_t>{14, 86});
  CHECK(valid.empty());
  valid = {1, 0, 0, 1};
  line.bytes = {10, 255, 255, 30};
  // What has no data has no weight: of the left pixel 3 of 7 have some, which is less than half.
  CHECK(resample(line, valid, 1, 2).bytes == std::vector<uint8_t>{10, 30});
  CHECK(valid == std::vector<uint8_t>{0, 0});
  valid.clear();
  CHECK(resample(noise(8, 3), valid, 8, 8).bytes == noise(8, 3).bytes);
  CHECK(resample_nearest(line, 2, 2).bytes == std::vector<uint8_t>{255, 30, 255, 30});
  CHECK(resample({1, 2, 3, 4}, 1, 2, 2, 1, 2) == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("files of other formats are called what they are") {
  const TemporaryFolder dir;
  const auto said = [&](const std::string& bytes) {
    write_file(dir / "a.png", bytes);
    return error_of([&] { read_image_header(dir / "a.png"); });
  };
  CHECK(contains(said("RIFF0000WEBPVP8 "), "got a WebP image"));
  CHECK(contains(said("BM0000"), "got a BMP image"));
  CHECK(contains(said("version https://git-lfs.github.com/spec/v1\n"), "got a Git LFS pointer"));
  CHECK(contains(said("<!DOCTYPE html>"), "got a web page"));
  CHECK(contains(said("nothing of it"), "the first bytes are of none of them"));
  CHECK(has_image_extension("a/b.TIFF"));
  CHECK(!has_image_extension("a.tif/b"));
}

TEST_CASE("white collars that JPEG blurred are margins; bright ground is none") {
  const TemporaryFolder dir;
  Image image = noise(64, 3);
  for (auto& v : image.bytes) v = static_cast<uint8_t>(v / 2);
  for (int64_t y = 0; y < 64; ++y) std::fill_n(image.bytes.begin() + y * 64 * 3, 3 * (10 + y / 4), uint8_t{255});
  write_jpeg(dir / "a.jpg", image, 75);
  const std::vector<uint8_t> margin = white_margins(read_image(dir / "a.jpg"));
  int64_t missed = 0, eaten = 0;
  for (int64_t i = 0; i < 64 * 64; ++i) {
    const bool collar = i % 64 < 10 + i / 64 / 4, found = margin[static_cast<size_t>(i)] != 0;
    missed += collar && !found;
    eaten += !collar && found;
  }
  MESSAGE(missed, " pixels of the collar missed, ", eaten, " of the image taken");
  CHECK(missed < 64 * 2);
  CHECK(eaten < 16);
  Image bright = noise(64, 1);
  for (auto& v : bright.bytes) v = static_cast<uint8_t>(240 + v % 15);
  for (const uint8_t m : white_margins(bright)) CHECK(m == 0);
}

TEST_CASE("scenes: no data is left out of percentiles, and so is what the caller takes out") {
  if (!have_gdal()) return;
  const TemporaryFolder dir;
  SceneWriter file(dir / "a.tif", {SceneType::u8, 16, 16, 1, 16, {}, 7.0});
  std::vector<uint8_t> values(256);
  for (size_t i = 0; i < 256; ++i) values[i] = static_cast<uint8_t>(i < 16 ? 7 : i);
  file.write(0, 0, 0, 16, 16, values.data());
  file.commit();
  const SceneReader scene(dir / "a.tif", {1}, 16);
  const auto window = scene.read(0, 0, 16, 16);
  CHECK(window.valid[0] == 0);
  CHECK(window.valid[16] == 1);
  CHECK(scene_percentiles(scene, 16, 0, 100).low[0] == 16);
  const auto upper = [](const Image& part, int64_t row, int64_t, std::vector<uint8_t>& valid) {
    for (int64_t y = 0; y < part.height; ++y)
      if (row + y < 8) std::fill_n(valid.begin() + y * part.width, part.width, uint8_t{0});
  };
  CHECK(scene_percentiles(scene, 16, 0, 100, upper).low[0] == 128);
  CHECK(contains(error_of([&] { SceneReader(dir / "a.tif", {4}, 16); }), "band 4 is asked of an image with 1"));
  CHECK(lost_placement(dir / "a.tif").empty());
}
