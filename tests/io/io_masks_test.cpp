// Masks as they are read and written, against OpenCV.
#include "io/image/mask_reader.h"

#include "io/image/geotiff.h"
#include "tests/support/images/opencv_images.h"

namespace ppl {
namespace {

using namespace test;

TEST_CASE("masks in every form give the same classes") {
  const TemporaryFolder dir;
  cv::Mat zero_one(20, 30, CV_8UC1);
  cv::randu(zero_one, 0, 2);
  const cv::Mat full = zero_one * 255;
  cv::Mat colour, wide;
  cv::cvtColor(full, colour, cv::COLOR_GRAY2BGR);
  full.convertTo(wide, CV_16U, 257);
  save(dir / "01.png", zero_one);
  save(dir / "255.png", full);
  save(dir / "colour.png", colour);
  save(dir / "bit.png", full, {cv::IMWRITE_PNG_BILEVEL, 1});
  save(dir / "16.png", wide);
  write_mask_png(dir / "ours.png", full.data, 20, 30);
  write_index_png(dir / "index.png", zero_one.data, 20, 30);
  std::vector<std::string> names{"01.png", "255.png", "colour.png", "bit.png", "16.png", "ours.png", "index.png"};
  if (have_gdal()) {
    write_mask_tiff(dir / "m.tif", full.data, 20, 30);
    names.push_back("m.tif");
  }
  for (const auto& name : names) {
    CAPTURE(name);
    CHECK(equals(read_mask(dir / name), zero_one));
  }
  CHECK(test::fs::file_size(dir / "ours.png") < test::fs::file_size(dir / "255.png"));
}

TEST_CASE("masks of one bit hold every pixel, whatever repeats in them") {
  const TemporaryFolder dir;
  cv::RNG random(5);
  const auto check = [&](const cv::Mat& mask) {
    CAPTURE(mask.size);
    write_mask_png(dir / "m.png", mask.data, mask.rows, mask.cols);
    CHECK(cv::countNonZero(cv::imread(dir / "m.png", cv::IMREAD_UNCHANGED) != (mask != 0)) == 0);
    CHECK(equals(read_mask(dir / "m.png"), (mask != 0) / 255));
  };
  for (int i = 0; i < 300; ++i) {
    cv::Mat mask(random.uniform(1, 90), random.uniform(1, 300), CV_8UC1, cv::Scalar(0));
    // Noise, a few lines, rows that repeat, runs of any length.
    if (i % 4 == 0) cv::randu(mask, 0, 256);
    if (i % 4 == 1) cv::line(mask, {random.uniform(0, 300), 0}, {random.uniform(0, 300), 90}, 1 + i % 255, 1 + i % 9);
    if (i % 4 == 2) cv::randu(mask.row(0), 0, 2), cv::repeat(mask.row(0).clone(), mask.rows, 1, mask);
    for (int at = 0; i % 4 == 3 && at < mask.cols * mask.rows; at += random.uniform(1, 4000)) mask.data[at] = 255;
    check(mask);
  }
  check(cv::Mat(700, 700, CV_8UC1, cv::Scalar(0)));
  check(cv::Mat(700, 700, CV_8UC1, cv::Scalar(1)));
  cv::Mat wide(3, 300000, CV_8UC1);  // further from the row above than matches reach
  cv::randu(wide, 0, 2);
  check(wide);
}

TEST_CASE("masks of several classes") {
  const TemporaryFolder dir;
  const cv::Mat m = (cv::Mat_<uint8_t>(2, 3) << 0, 1, 2, 3, 255, 0);
  save(dir / "a.png", m);
  CHECK(equals(read_mask(dir / "a.png", 3), m));
  CHECK(contains(error_of([&] { read_mask(dir / "a.png", 2); }), "value 3 at column 0, row 1; expected 0 to 2 or 255"));
  save(dir / "c.png", image(4, 4, CV_8UC3));
  CHECK(contains(error_of([&] { read_mask(dir / "c.png", 2); }), "expected 0 to 2 or 255"));
  CHECK(contains(error_of([&] { read_mask(dir / "a.png", 0); }), "a mask of 0 classes"));
}

TEST_CASE("palette images: masks by index, images by colour") {
  // 3 x 1 pixels with the entries 2, 1, 0 of the palette black, white, red.
  static constexpr uint8_t kPng[] = {
      0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
      0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x08, 0x03, 0x00, 0x00, 0x00, 0x2c, 0x3e, 0xe4, 0x86, 0x00, 0x00, 0x00,
      0x09, 0x50, 0x4c, 0x54, 0x45, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0xcd, 0x5e, 0xb7, 0x9c,
      0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x62, 0x64, 0x00, 0x00, 0x00, 0x0c,
      0x00, 0x04, 0x3e, 0x04, 0xbe, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
  const TemporaryFolder dir;
  write_file(dir / "p.png", kPng, sizeof(kPng));
  CHECK(equals(read_mask(dir / "p.png", 2), (cv::Mat_<uint8_t>(1, 3) << 2, 1, 0)));
  CHECK(contains(error_of([&] { read_mask(dir / "p.png"); }), "index 2 (255,0,0) (1)"));
  CHECK(equals(read_mask(dir / "p.png", MaskOptions{1, parse_foreground({"255,0,0"}, "")}),
               (cv::Mat_<uint8_t>(1, 3) << 1, 0, 0)));
  CHECK(equals(read_image(dir / "p.png"), cv::imread(dir / "p.png", cv::IMREAD_COLOR)));
  CHECK(read_image_header(dir / "p.png").bands == 3);
}

}  // namespace
}  // namespace ppl
