#include "io/tiles/augment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <set>

#include "engine/random.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

cv::Mat noise(int height, int width, int type, int below = 256) {
  static cv::RNG rng(17);
  cv::Mat m(height, width, type);
  rng.fill(m, cv::RNG::UNIFORM, 0, below);
  return m;
}

// Edges and slopes instead of noise.
cv::Mat shapes(int height, int width) {
  cv::Mat m(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      m.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(x * 3), static_cast<uint8_t>(y * 2), static_cast<uint8_t>(x ^ y)};
    }
  }
  cv::circle(m, {width / 2, height / 3}, width / 4, {255, 0, 255}, -1);
  cv::line(m, {0, 0}, {width, height}, {0, 255, 0}, 7);
  return m;
}

int worst_difference(const cv::Mat& a, const cv::Mat& b) {
  REQUIRE(a.size() == b.size());
  REQUIRE(a.type() == b.type());
  return static_cast<int>(cv::norm(a, b, cv::NORM_INF));
}

// As the published code does it. saturation and value before rounding.
cv::Mat published_hsv(const cv::Mat& bgr, int hue, double saturation, double value) {
  cv::Mat hsv, planes[3], out;
  cv::cvtColor(bgr, hsv, cv::COLOR_BGR2HSV);
  cv::split(hsv, planes);
  const auto add = static_cast<uint8_t>(hue);
  for (auto it = planes[0].begin<uint8_t>(); it != planes[0].end<uint8_t>(); ++it)
    *it = static_cast<uint8_t>(*it + add);
  cv::add(planes[1], cv::Scalar(saturation), planes[1]);
  cv::add(planes[2], cv::Scalar(value), planes[2]);
  cv::merge(planes, 3, hsv);
  cv::cvtColor(hsv, out, cv::COLOR_HSV2BGR);
  return out;
}

cv::Mat our_hsv(const cv::Mat& bgr, int hue, int saturation, int value) {
  cv::Mat out(bgr.size(), CV_8UC3);
  hsv_shift(bgr.data, static_cast<int64_t>(bgr.step), out.data, bgr.rows, bgr.cols, hue, saturation, value);
  return out;
}

TEST_CASE("HSV shift of every colour there is") {
  cv::Mat all(4096, 4096, CV_8UC3);
  for (int i = 0; i < 1 << 24; ++i) {
    all.at<cv::Vec3b>(i >> 12, i & 4095) = {static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8),
                                            static_cast<uint8_t>(i >> 16)};
  }
  for (const auto& [hue, saturation, value] : {std::array{0, 0, 0}, std::array{30, 5, -15}, std::array{-30, -5, 15}}) {
    const cv::Mat ours = our_hsv(all, hue, saturation, value), theirs = published_hsv(all, hue, saturation, value);
    cv::Mat difference;
    cv::absdiff(ours, theirs, difference);
    CHECK(worst_difference(ours, theirs) <= 1);
    // None where OpenCV runs its AVX2 code; others do not fuse products, which shows in a few of 50 million values.
    CHECK(cv::countNonZero(difference.reshape(1)) < 10'000);
  }
}

TEST_CASE("HSV shift by every amount, also of rows inside a larger image") {
  const cv::Mat large = noise(40, 300, CV_8UC3), m = large(cv::Rect(7, 3, 277, 31));
  Random random(1);
  for (int hue = -30; hue <= 30; ++hue) {
    const double saturation = random.uniform(-5, 5), value = random.uniform(-15, 15);
    CHECK(worst_difference(our_hsv(m, hue, static_cast<int>(std::rint(saturation)), static_cast<int>(std::rint(value))),
                           published_hsv(m, hue, saturation, value)) <= 1);
  }
}

// The warp of a plan as the published code asks OpenCV for it.
cv::Mat published_warp(const cv::Mat& m, const AugmentPlan& p, int flags = cv::INTER_LINEAR) {
  const auto w = static_cast<float>(p.width), h = static_cast<float>(p.height);
  const cv::Point2f from[] = {{0, 0}, {w, 0}, {w, h}, {0, h}};
  const cv::Point2f to[] = {{p.x0, p.y0}, {p.x1, p.y0}, {p.x1, p.y1}, {p.x0, p.y1}};
  cv::Mat out;
  cv::warpPerspective(m, out, cv::getPerspectiveTransform(from, to), m.size(), flags);
  return out;
}

AugmentPlan warp_plan(int height, int width, int round) {
  AugmentPlan p = draw_plan(Augmentation{}, 5, 0, round, height, width, 0);
  p.warp = true;
  return p;
}

TEST_CASE("warp of images") {
  AugmentScratch scratch;
  int64_t values = 0, unequal = 0;
  for (int round = 0; round < 60; ++round) {
    const int height = 40 + round * 5, width = round % 3 ? height : 97;
    const int bands = 1 + round % 4;
    const cv::Mat m = bands == 3 && round % 2 ? shapes(height, width) : noise(height, width, CV_8UC(bands));
    const AugmentPlan p = warp_plan(height, width, round);
    cv::Mat ours(m.size(), m.type());
    warp_image(m.data, static_cast<int64_t>(m.step), ours.data, p, bands, scratch);
    const cv::Mat theirs = published_warp(m, p);
    cv::Mat difference;
    cv::absdiff(ours, theirs, difference);
    CHECK(worst_difference(ours, theirs) <= 1);
    unequal += cv::countNonZero(difference.reshape(1));
    values += static_cast<int64_t>(m.total()) * bands;
  }
  CHECK(unequal == 0);
  CHECK(values > 3'000'000);
}

TEST_CASE("warp by whole pixels, and out of the image") {
  AugmentScratch scratch;
  const cv::Mat m = noise(20, 30, CV_8UC3);
  for (const auto& [dx, dy] :
       {std::array{0, 0}, std::array{3, -2}, std::array{-29, 19}, std::array{40, 0}, std::array{0, -25}}) {
    AugmentPlan p = identity_plan(20, 30);
    p.x0 = static_cast<float>(dx);
    p.x1 = static_cast<float>(30 + dx);
    p.y0 = static_cast<float>(dy);
    p.y1 = static_cast<float>(20 + dy);
    cv::Mat ours(m.size(), m.type());
    warp_image(m.data, static_cast<int64_t>(m.step), ours.data, p, 3, scratch);
    CHECK(worst_difference(ours, published_warp(m, p)) == 0);
  }
}

TEST_CASE("warp of masks") {
  AugmentScratch scratch;
  for (int round = 0; round < 30; ++round) {
    const int size = 50 + round * 4;
    const AugmentPlan p = warp_plan(size, size, round);
    const cv::Mat binary = noise(size, size, CV_8UC1, 2);
    cv::Mat ours(binary.size(), CV_8UC1), theirs;
    warp_mask(binary.data, size, ours.data, p, 1, scratch);
    theirs = published_warp(binary * 255, p) >= 128;
    CHECK(worst_difference(ours * 255, theirs) == 0);

    const cv::Mat classes = noise(size, size, CV_8UC1, 4);
    warp_mask(classes.data, size, ours.data, p, 3, scratch);
    CHECK(worst_difference(ours, published_warp(classes, p, cv::INTER_NEAREST)) == 0);

    // Ignored pixels move as the nearest ones do, and count as background in the share of the foreground.
    cv::Mat ignoring = binary.clone();
    ignoring.setTo(255, noise(size, size, CV_8UC1, 10) == 0);
    warp_mask(ignoring.data, size, ours.data, p, 1, scratch);
    theirs = published_warp((ignoring == 1), p) >= 128;
    cv::Mat expected = theirs / 255;
    expected.setTo(255, published_warp(ignoring, p, cv::INTER_NEAREST) == 255);
    CHECK(worst_difference(ours, expected) == 0);
  }
}

Tile tile_of(const cv::Mat& image, const cv::Mat& mask) {
  return {image.rows, image.cols, image.channels(), image.data, mask.data, nullptr};
}

// Flips and turn by OpenCV, then one value a pixel and band.
cv::Mat published_views(cv::Mat m, const AugmentPlan& p) {
  m = m.clone();
  if (p.flip_x) cv::flip(m, m, 1);
  if (p.flip_y) cv::flip(m, m, 0);
  if (!p.turn) return m;
  // Band by band: OpenCV's transposition knows no 5 bands.
  std::vector<cv::Mat> planes;
  cv::split(m, planes);
  for (cv::Mat& plane : planes) cv::rotate(plane, plane, cv::ROTATE_90_COUNTERCLOCKWISE);
  cv::merge(planes, m);
  return m;
}

template <class T>
void check_whole_plan(const AugmentPlan& p, const cv::Mat& image, const cv::Mat& mask, int classes) {
  const int bands = image.channels();
  InputSpec spec;
  spec.bands.assign(static_cast<size_t>(bands), 1);
  spec.mean.assign(static_cast<size_t>(bands), 0.4);
  spec.std.assign(static_cast<size_t>(bands), 0.2);
  spec.mean[0] = 0.1;
  const auto count = static_cast<size_t>(p.height * p.width);
  std::vector<T> out(count * static_cast<size_t>(bands));
  std::vector<uint8_t> target(count * static_cast<size_t>(classes));
  AugmentScratch scratch;
  apply_plan(p, tile_of(image, mask), classes, NormaliseTables<T>(spec), out.data(), target.data(), scratch);

  const cv::Rect crop(static_cast<int>(p.crop_x), static_cast<int>(p.crop_y), static_cast<int>(p.width),
                      static_cast<int>(p.height));
  cv::Mat expected = image(crop), expected_mask = mask(crop);
  if (p.hsv && bands == 3) expected = our_hsv(expected, p.hue, p.saturation, p.value);
  if (p.warp) {
    expected = published_warp(expected, p);
    expected_mask = classes == 1 ? cv::Mat((published_warp(expected_mask * 255, p) >= 128) / 255)
                                 : published_warp(expected_mask, p, cv::INTER_NEAREST);
  }
  expected = published_views(expected, p);
  expected_mask = published_views(expected_mask, p);
  const auto tables = normalisation_tables(spec);
  size_t wrong = 0;
  for (size_t i = 0; i < count; ++i) {
    for (size_t b = 0; b < static_cast<size_t>(bands); ++b) {
      const size_t k = i * static_cast<size_t>(bands) + b;
      wrong += static_cast<float>(out[k]) != static_cast<float>(T(tables[b][expected.data[k]]));
    }
    for (int c = 0; c < classes; ++c) {
      wrong += target[i * static_cast<size_t>(classes) + static_cast<size_t>(c)] != (expected_mask.data[i] == c + 1);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("whole plans: crop, HSV, warp, flips, turn, normalisation in this order") {
  for (int round = 0; round < 40; ++round) {
    const int bands = std::array{3, 3, 1, 4, 5}[static_cast<size_t>(round % 5)], classes = round % 3 == 2 ? 3 : 1;
    const cv::Mat image = noise(150, 170, CV_8UC(bands)), mask = noise(150, 170, CV_8UC1, classes + 1);
    const AugmentPlan p = draw_plan(Augmentation{}, 3, 1, round, 150, 170, round % 4 ? 132 : 0);
    CAPTURE(round);
    if (round % 2) {
      check_whole_plan<float>(p, image, mask, classes);
    } else {
      check_whole_plan<bf16>(p, image, mask, classes);
    }
  }
}

TEST_CASE("each flip and turn of an image that is not square") {
  const cv::Mat image = noise(33, 140, CV_8UC3), mask = noise(33, 140, CV_8UC1, 2);
  for (int bits = 0; bits < 8; ++bits) {
    AugmentPlan p = identity_plan(33, 140);
    p.flip_x = bits & 1;
    p.flip_y = bits & 2;
    p.turn = bits & 4;
    check_whole_plan<float>(p, image, mask, 1);
  }
}

TEST_CASE("a tile smaller than the crop is padded with ignored pixels") {
  const cv::Mat image = noise(5, 20, CV_8UC3), mask = noise(5, 20, CV_8UC1, 2);
  Augmentation none;
  none.probability = 0;
  std::set<int64_t> places;
  for (int index = 0; index < 30; ++index) {
    const AugmentPlan p = draw_plan(none, 1, 0, index, 5, 20, 8);
    CHECK((p.crop_y >= -3 && p.crop_y <= 0 && p.crop_x >= 0 && p.crop_x <= 12));
    places.insert(p.crop_y);
    std::vector<float> out(8 * 8 * 3);
    std::vector<uint8_t> target(8 * 8);
    AugmentScratch scratch;
    const NormaliseTables<float> tables{InputSpec{}};
    apply_plan(p, tile_of(image, mask), 1, tables, out.data(), target.data(), scratch);
    for (int64_t y = 0; y < 8; ++y) {
      for (int64_t x = 0; x < 8; ++x) {
        const int64_t row = y + p.crop_y, column = x + p.crop_x, at = y * 8 + x;
        const bool inside = row >= 0 && row < 5;
        const uint8_t value = inside ? image.data[(row * 20 + column) * 3] : 0;
        REQUIRE(out[static_cast<size_t>(at * 3)] == tables.bands[0][value]);
        REQUIRE(target[static_cast<size_t>(at)] == (inside ? mask.data[row * 20 + column] : 255));
      }
    }
  }
  CHECK(places.size() == 4);
}

}  // namespace
}  // namespace ppl
