// Changes of crops against OpenCV's warpAffine and GaussianBlur, and where crops without foreground go.
#include "io/tiles/crop_changes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "engine/random.h"

namespace ppl {
namespace {

constexpr int64_t kHeight = 70, kWidth = 90;

// Slopes of at most 2 a pixel: OpenCV looks places up in steps of 1/32 pixel, which then changes a value by one.
struct Made {
  std::vector<uint8_t> image, mask, weight;
  Tile tile;
  Made() : image(kHeight * kWidth * 3), mask(kHeight * kWidth), weight(kHeight * kWidth) {
    for (int64_t y = 0; y < kHeight; ++y) {
      for (int64_t x = 0; x < kWidth; ++x) {
        const auto at = static_cast<size_t>(y * kWidth + x);
        image[3 * at] = static_cast<uint8_t>(x + y), image[3 * at + 1] = static_cast<uint8_t>(2 * x + 20);
        image[3 * at + 2] = static_cast<uint8_t>(200 - 2 * y);
        mask[at] = std::hypot(static_cast<double>(y) - 30, static_cast<double>(x) - 50) < 18;
        weight[at] = static_cast<uint8_t>(y);
      }
    }
    tile = {kHeight, kWidth, 3, image.data(), mask.data(), nullptr, weight.data()};
  }
};

AugmentPlan crop_at(int64_t y, int64_t x, int64_t side) {
  AugmentPlan p = identity_plan(side, side);
  p.crop_y = y, p.crop_x = x;
  return p;
}

CropChanges turned(double degrees, double step) {
  CropChanges c;
  c.along = step * std::cos(degrees * std::numbers::pi / 180);
  c.across = step * std::sin(degrees * std::numbers::pi / 180);
  return c;
}

// The same by OpenCV: getRotationMatrix2D turns counter-clockwise about the crop's middle, and scales.
cv::Mat by_opencv(const cv::Mat& tile, const AugmentPlan& p, double degrees, double step, int flags, int border,
                  int outside) {
  const auto half = static_cast<float>(p.height - 1) / 2;
  const cv::Point2f middle(static_cast<float>(p.crop_x) + half, static_cast<float>(p.crop_y) + half);
  cv::Mat m = cv::getRotationMatrix2D(middle, degrees, 1 / step), out;
  m.at<double>(0, 2) += half - middle.x;
  m.at<double>(1, 2) += half - middle.y;
  cv::warpAffine(tile, out, m, cv::Size(static_cast<int>(p.width), static_cast<int>(p.height)), flags, border,
                 cv::Scalar::all(outside));
  return out;
}

TEST_CASE("turned and scaled crops are OpenCV's") {
  const Made made;
  const cv::Mat image(kHeight, kWidth, CV_8UC3, const_cast<uint8_t*>(made.image.data()));
  const cv::Mat mask(kHeight, kWidth, CV_8UC1, const_cast<uint8_t*>(made.mask.data()));
  for (const auto& [degrees, step] : {std::array{30.0, 1.0}, std::array{-75.0, 0.6}, std::array{0.0, 1.3},
                                      std::array{140.0, 1.2}, std::array{90.0, 1.0}}) {
    CAPTURE(degrees);
    CAPTURE(step);
    const AugmentPlan p = crop_at(12, 20, 40);
    const Tile got = change_crop(p, turned(degrees, step), made.tile, 1);
    const cv::Mat ours(40, 40, CV_8UC3, const_cast<uint8_t*>(got.image));
    const cv::Mat theirs = by_opencv(image, p, degrees, step, cv::INTER_LINEAR, cv::BORDER_REPLICATE, 0);
    const cv::Mat share = by_opencv(mask * 240, p, degrees, step, cv::INTER_LINEAR, cv::BORDER_REPLICATE, 0);
    const cv::Mat inside = by_opencv(mask * 0 + 1, p, degrees, step, cv::INTER_NEAREST, cv::BORDER_CONSTANT, 0);
    int compared = 0, outside = 0, foreground = 0;
    for (int y = 0; y < 40; ++y) {
      for (int x = 0; x < 40; ++x) {
        const uint8_t m = got.mask[y * 40 + x];
        outside += m == 255;
        if (m == 255) continue;
        foreground += m;
        ++compared;
        for (int b = 0; b < 3; ++b) REQUIRE(std::abs(ours.at<cv::Vec3b>(y, x)[b] - theirs.at<cv::Vec3b>(y, x)[b]) <= 1);
        if (std::abs(share.at<uint8_t>(y, x) - 120) > 16) REQUIRE(m == (share.at<uint8_t>(y, x) > 120));
      }
    }
    CHECK(std::abs(outside - (1600 - cv::countNonZero(inside))) <= 40);  // a pixel along the border, at most
    CHECK(compared > 900);
    CHECK(foreground > 200);
  }
}

TEST_CASE("a quarter turn moves pixels, mask and map of weights alike, to the bit") {
  const Made made;
  const AugmentPlan p = crop_at(5, 9, 32);
  CropChanges quarter;
  quarter.along = 0, quarter.across = 1;
  const Tile got = change_crop(p, quarter, made.tile, 3);
  for (int64_t i = 0; i < 32; ++i) {
    for (int64_t j = 0; j < 32; ++j) {  // counter-clockwise: (i, j) was (j, 31 - i)
      const int64_t from = (5 + j) * kWidth + 9 + 31 - i, to = i * 32 + j;
      REQUIRE(std::memcmp(got.image + 3 * to, made.image.data() + 3 * from, 3) == 0);
      REQUIRE(got.mask[to] == made.mask[static_cast<size_t>(from)]);
      REQUIRE(got.weight[to] == made.weight[static_cast<size_t>(from)]);
    }
  }
}

TEST_CASE("blur is OpenCV's, gain multiplies and saturates, a hole is the mean and keeps its mask") {
  Made made;
  Random random(3);
  for (uint8_t& v : made.image) v = static_cast<uint8_t>(random.integer(0, 255));
  const AugmentPlan p = crop_at(10, 10, 48);
  const cv::Mat image(kHeight, kWidth, CV_8UC3, made.image.data());
  const cv::Mat crop = image(cv::Rect(10, 10, 48, 48)).clone();
  for (const double deviation : {0.5, 1.3, 3.0}) {
    CropChanges c;
    c.blur = deviation;
    const Tile got = change_crop(p, c, made.tile, 1);
    const int side = 2 * static_cast<int>(std::ceil(3 * deviation)) + 1;
    cv::Mat exact, theirs, ours;
    crop.convertTo(exact, CV_32F);  // of 8 bits OpenCV rounds its kernel too
    cv::GaussianBlur(exact, theirs, {side, side}, deviation, deviation, cv::BORDER_REPLICATE);
    cv::Mat(48, 48, CV_8UC3, const_cast<uint8_t*>(got.image)).convertTo(ours, CV_32F);
    CHECK(cv::norm(ours, theirs, cv::NORM_INF) < 0.501);
  }
  CropChanges c;
  c.gains = {1.5, 1, 0.25};
  c.hole_y = 40, c.hole_x = -4, c.hole = 12;
  const Tile got = change_crop(p, c, made.tile, 1);
  const cv::Mat ours(48, 48, CV_8UC3, const_cast<uint8_t*>(got.image));
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) {
      REQUIRE(got.mask[y * 48 + x] == made.mask[static_cast<size_t>((y + 10) * kWidth + x + 10)]);
      for (int b = 0; b < 3; ++b) {
        const double v = crop.at<cv::Vec3b>(y, x)[b] * c.gains[static_cast<size_t>(b)];
        if (y < 40 || x >= 8) REQUIRE(ours.at<cv::Vec3b>(y, x)[b] == std::min(255, static_cast<int>(v + 0.5)));
        if (y >= 40 && x < 8) REQUIRE(ours.at<cv::Vec3b>(y, x)[b] == ours.at<cv::Vec3b>(47, 0)[b]);
      }
    }
  }
  CHECK(std::abs(ours.at<cv::Vec3b>(47, 0)[1] - cv::mean(crop)[1]) < 1);
}

TEST_CASE("changes keep to their ranges, and one option does not move another's numbers") {
  const Augmentation all{.turn = 45, .resize = 1.5, .gain = 0.2, .blur = 2, .cutout = 0.4};
  Augmentation only_blur{.blur = 2};
  int turned = 0, blurred = 0, holed = 0, gained = 0;
  for (int i = 0; i < 4000; ++i) {
    const CropChanges c = draw_changes(all, 1, 0, i, 64, 64, 4);
    const double step = std::hypot(c.along, c.across), angle = std::atan2(c.across, c.along) * 180 / std::numbers::pi;
    REQUIRE((step > 1 / 1.5001 && step < 1.5001 && std::abs(angle) < 45.001));
    REQUIRE((c.blur >= 0 && c.blur <= 2 && c.hole <= 26));
    for (const double g : c.gains) REQUIRE((g >= 0.8 && g <= 1.2));
    turned += angle != 0, blurred += c.blur > 0, holed += c.hole > 0, gained += c.gains.size() == 4;
    CHECK(draw_changes(only_blur, 1, 0, i, 64, 64, 4).blur == c.blur);
  }
  for (const int n : {turned, holed, gained}) CHECK(n == doctest::Approx(2000).epsilon(0.06));
  CHECK(blurred == doctest::Approx(2000 * 0.9).epsilon(0.06));
  for (int i = 0; i < 50; ++i) CHECK(draw_changes(Augmentation{}, 1, 0, i, 64, 64, 3).none());
}

TEST_CASE("crops without foreground are drawn again, but for a share of them") {
  Made made;  // its disk covers a sixth of the tile
  std::fill(made.mask.begin(), made.mask.end(), uint8_t{0});
  for (int64_t y = 0; y < 12; ++y) std::fill_n(made.mask.begin() + y * kWidth, 12, uint8_t{1});
  for (int64_t y = 40; y < kHeight; ++y) std::fill_n(made.mask.begin() + y * kWidth, 30, uint8_t{255});
  const auto empty_share = [&](double keep) {
    int empty = 0;
    for (int i = 0; i < 3000; ++i) {
      AugmentPlan p = draw_plan(Augmentation{}, 1, 0, i, kHeight, kWidth, 32);
      avoid_empty(p, made.tile, keep, 1, 0, i);
      REQUIRE((p.crop_y >= 0 && p.crop_y <= kHeight - 32 && p.crop_x >= 0 && p.crop_x <= kWidth - 32));
      empty += p.crop_y >= 12 || p.crop_x >= 12;
    }
    return empty / 3000.0;
  };
  const double e = 1 - 12.0 / 39 * 12 / 59;  // of the places that a crop may have
  CHECK(empty_share(1) == doctest::Approx(e).epsilon(0.03));
  CHECK(empty_share(0) == doctest::Approx(std::pow(e, 9)).epsilon(0.06));
  // Kept at the k-th place: e^k (1 - keep)^k keep, and what is left after the moves.
  double expected = std::pow(e, 9) * std::pow(0.8, 8);
  for (int k = 0; k < 8; ++k) expected += 0.2 * std::pow(e, k + 1) * std::pow(0.8, k);
  CHECK(empty_share(0.2) == doctest::Approx(expected).epsilon(0.06));
}

}  // namespace
}  // namespace ppl
