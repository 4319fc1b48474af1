#include "io/image/image.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/random.h"
#include "io/image/geotiff.h"
#include "tests/support/images/opencv_images.h"

namespace ppl {
namespace {

using namespace test;

TEST_CASE("images are read as OpenCV reads them") {
  const TemporaryFolder dir;
  const auto check = [&](const std::string& name, const cv::Mat& m, const std::vector<int>& options = {}) {
    CAPTURE(name);
    save(dir / name, m, options);
    const Image image = read_image(dir / name);
    CHECK(equals(image, cv::imread(dir / name, m.channels() == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR)));
    const ImageHeader h = read_image_header(dir / name);
    CHECK((h.height == m.rows && h.width == m.cols && h.bands == m.channels() && h.depth == 8));
  };
  check("colour.jpg", image(37, 53, CV_8UC3));
  check("progressive.jpeg", image(64, 80, CV_8UC3), {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  check("grey.jpg", image(37, 53, CV_8UC1));
  check("colour.png", image(37, 53, CV_8UC3));
  check("grey.png", image(37, 53, CV_8UC1));
  check("alpha.png", image(20, 30, CV_8UC4));
  if (have_gdal()) {
    check("colour.tif", image(37, 53, CV_8UC3));
    check("grey.tiff", image(37, 53, CV_8UC1));
  }
}

TEST_CASE("16 bits and the choice of bands") {
  const TemporaryFolder dir;
  const cv::Mat m = image(30, 40, CV_16UC3);
  cv::Mat rgb, red;
  cv::cvtColor(m, rgb, cv::COLOR_BGR2RGB);
  cv::extractChannel(m, red, 2);
  std::vector<std::string> names{"a.png"};
  if (have_gdal()) names.push_back("a.tif");
  for (const auto& name : names) {
    CAPTURE(name);
    save(dir / name, m);
    CHECK(equals(read_image(dir / name), rgb));  // file order
    CHECK(equals(read_image(dir / name, {{3, 2, 1}}), m));
    CHECK(equals(read_image(dir / name, {{1}}), red));
    CHECK(contains(error_of([&] { read_image(dir / name, {{1, 4}}); }), "band 4 is asked of an image with 3"));
    CHECK(contains(error_of([&] { read_image(dir / name, {{0}}); }), "band 0 is asked"));
  }
  const cv::Mat grey = image(10, 12, CV_8UC1);
  save(dir / "grey.png", grey);
  CHECK(equals(read_image(dir / "grey.png", {{3, 2, 1}}), cv::imread(dir / "grey.png", cv::IMREAD_COLOR)));
}

TEST_CASE("damaged and wrong files are named, silently") {
  const TemporaryFolder dir;
  save(dir / "a.jpg", image(100, 100, CV_8UC3));
  save(dir / "a.png", image(100, 100, CV_8UC3));
  std::vector<std::string> names{"a.jpg", "a.png"};
  if (have_gdal()) {
    save(dir / "a.tif", image(100, 100, CV_8UC3));
    names.push_back("a.tif");
  }
  const std::string printed = test::stderr_of([&] {
    for (const auto& name : names) {
      const auto good = read_file(dir / name);
      for (const size_t length : {size_t{0}, size_t{3}, size_t{20}, good.size() / 2, good.size() - 40}) {
        CAPTURE(name);
        CAPTURE(length);
        test::write_bytes(dir / "cut", {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)});
        const std::string message = error_of([&] { read_image(dir / "cut"); });
        CHECK(contains(message, dir / "cut"));
      }
    }
    auto bad = read_file(dir / "a.jpg");
    for (size_t i = bad.size() / 2; i < bad.size() / 2 + 64; ++i) bad[i] = std::byte{0xff};
    test::write_bytes(dir / "bad", bad);
    CHECK(contains(error_of([&] { read_image(dir / "bad"); }), "damaged or incomplete JPEG"));
    bad = read_file(dir / "a.png");
    bad[bad.size() / 2] ^= std::byte{1};
    test::write_bytes(dir / "bad", bad);
    CHECK(contains(error_of([&] { read_image(dir / "bad"); }), "damaged or incomplete PNG"));
    write_file(dir / "text", std::string("this is no image"));
    CHECK(contains(error_of([&] { read_image(dir / "text"); }), "expected a PNG, JPEG or TIFF"));
    CHECK(contains(error_of([&] { read_image(dir / "none.png"); }), "No such file"));
    CHECK(contains(error_of([&] { read_image_header(dir / "text"); }), "expected a PNG, JPEG or TIFF"));
  });
  CHECK(printed.empty());
}

TEST_CASE("mutated images give an Error or a whole image, silently") {
  const TemporaryFolder dir;
  std::vector<std::string> names{"a.jpg", "a.png"};
  if (have_gdal()) names.push_back("a.tif");
  for (const auto& name : names) save(dir / name, image(24, 40, CV_8UC3));
  int refused = 0;
  const std::string printed = test::stderr_of([&] {
    for (const auto& name : names) {
      const auto good = read_file(dir / name);
      for (uint64_t round = 0; round < 400; ++round) {
        Random random(5, round);
        auto bytes = good;
        for (int64_t c = random.integer(1, 3); c > 0; --c) {
          // Half of the changes hit the header.
          const int64_t end = std::min<int64_t>(static_cast<int64_t>(bytes.size()), random.chance(0.5) ? 100 : 1 << 30);
          bytes[static_cast<size_t>(random.integer(0, end - 1))] = static_cast<std::byte>(random.integer(0, 255));
        }
        test::write_bytes(dir / "mutated", bytes);
        try {
          const Image i = read_image(dir / "mutated", {{}, 1 << 20});
          REQUIRE(i.bytes.size() == static_cast<size_t>(i.count() * i.depth / 8));
        } catch (const Error&) {
          ++refused;
        }
      }
    }
  });
  CHECK(printed == "");
  CHECK(refused > 100);
}

TEST_CASE("huge extents are refused by the header") {
  const TemporaryFolder dir;
  save(dir / "a.png", image(8, 8, CV_8UC1));
  auto bytes = read_file(dir / "a.png");
  // Width and height of the first chunk, then its checksum.
  const std::vector<uint8_t> start{'I', 'H', 'D', 'R', 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0};
  uint32_t crc = 0xffffffffu;
  for (const uint8_t b : start) {
    crc ^= b;
    for (int k = 0; k < 8; ++k) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
  }
  crc = ~crc;
  std::memcpy(bytes.data() + 12, start.data(), start.size());
  for (size_t i = 0; i < 4; ++i) bytes[29 + i] = static_cast<std::byte>(crc >> (24 - 8 * i));
  test::write_bytes(dir / "huge.png", bytes);
  CHECK(read_image_header(dir / "huge.png").width == 0x7fffffff);
  CHECK(contains(error_of([&] { read_image(dir / "huge.png"); }), "an image of 2147483647 x 2147483647 pixels"));
  CHECK(contains(error_of([&] { read_mask(dir / "huge.png"); }), "an image of 2147483647 x 2147483647 pixels"));
  save(dir / "b.jpg", image(50, 60, CV_8UC3));
  CHECK(contains(error_of([&] { read_image(dir / "b.jpg", {{}, 2999}); }), "60 x 50"));
  CHECK(read_image(dir / "b.jpg", {{}, 3000}).width == 60);
}

TEST_CASE("what is written is read back") {
  const TemporaryFolder dir;
  const cv::Mat m = image(33, 21, CV_8UC3);
  Image image = Image::make(33, 21, 3);
  std::memcpy(image.u8(), m.data, image.bytes.size());
  write_png(dir / "a.png", image);
  CHECK(equals(image, cv::imread(dir / "a.png")));
  CHECK(read_image(dir / "a.png").bytes == image.bytes);
  write_jpeg(dir / "a.jpg", image, 90);
  std::vector<uint8_t> reference;
  cv::imencode(".jpg", m, reference, {cv::IMWRITE_JPEG_QUALITY, 90});
  CHECK(equals(read_image(dir / "a.jpg"), cv::imdecode(reference, cv::IMREAD_COLOR)));
  const std::vector<float> p{0, 1, 0.5f, -3, 7, std::nanf("")};
  write_probability_png(dir / "p.png", p.data(), 2, 3);
  CHECK(read_image(dir / "p.png").bytes == std::vector<uint8_t>{0, 255, 128, 0, 255, 0});
  CHECK(contains(error_of([&] { write_png(dir / "no.png", Image::make(2, 2, 2)); }), "expected 1 or 3 bands"));
  CHECK(contains(error_of([&] { write_png(dir / "no.png", Image::make(0, 2, 1)); }), "2 x 0 pixels"));
  CHECK(contains(error_of([&] { write_jpeg(dir / "no.jpg", image, 0); }), "quality 0"));
  CHECK(contains(error_of([&] { write_png(dir / "no/where.png", image); }), "cannot create"));
  CHECK(dir.files() == 3);
}

TEST_CASE("georeference is kept") {
  const TemporaryFolder dir;
  const std::vector<uint8_t> mask{0, 1, 1, 0, 1, 0};
  const std::vector<float> probability{0, 0.25f, 1, 0.5f, 0.75f, 0.125f};
  if (!have_gdal()) {
    CHECK(contains(error_of([&] { write_mask_tiff(dir / "m.tif", mask.data(), 2, 3); }), "no GDAL"));
    return;
  }
  GeoReference geo;
  geo.crs = R"(GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],)"
            R"(UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]])";
  geo.transform = {-115.17, 2.7e-6, 0, 36.24, 0, -2.7e-6};
  const std::string printed = test::stderr_of([&] {
    write_mask_tiff(dir / "m.tif", mask.data(), 2, 3, geo);
    write_probability_tiff(dir / "p.tif", probability.data(), 2, 3, geo);
    write_mask_tiff(dir / "plain.tif", mask.data(), 2, 3);
    for (const char* name : {"m.tif", "p.tif"}) {
      const auto read = read_georeference(dir / name);
      REQUIRE(read);
      CHECK(contains(read->crs, "WGS 84"));
      CHECK(read->transform == geo.transform);
    }
    CHECK(!read_georeference(dir / "plain.tif"));
    CHECK(contains(error_of([&] { read_georeference(dir / "none.tif"); }), "No such file"));
    CHECK(contains(error_of([&] { read_image(dir / "p.tif"); }), "Float32"));
    CHECK(contains(error_of([&] { write_mask_tiff(dir / "no/m.tif", mask.data(), 2, 3); }), "cannot create"));
  });
  CHECK(printed.empty());
  CHECK(read_image(dir / "m.tif").bytes == mask);
  const cv::Mat p = cv::imread(dir / "p.tif", cv::IMREAD_UNCHANGED);
  CHECK(std::memcmp(p.data, probability.data(), sizeof(float) * 6) == 0);
}

TEST_CASE("real GeoTIFF images") {
  const std::string folder = test::data_folder("rasterize");
  if (folder.empty() || !have_gdal()) {
    MESSAGE("skipped: ../shared/data or GDAL is not here");
    return;
  }
  const std::string vegas = folder + "/vegas_roads/image.tif";
  const ImageHeader h = read_image_header(vegas);
  CHECK((h.height == 1300 && h.width == 1300 && h.depth == 16));
  const Image image = read_image(vegas, {{1}});
  CHECK((image.bands == 1 && image.depth == 16));
  CHECK(read_georeference(vegas));
}

}  // namespace
}  // namespace ppl
