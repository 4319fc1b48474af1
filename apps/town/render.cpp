#include "apps/town/render.h"

#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "apps/town/paint/paint.h"
#include "kernels/base.h"

namespace ppl::synthetic {
namespace {

constexpr int kMarginPixels = 8;  // the blur reaches less far
constexpr int kSamples = 2;       // canvas pixels an image pixel and direction

// Shadows are blue: what light there is comes from the sky.
void darken(cv::Mat& image, const cv::Mat& shadow) {
  static const double kept[] = {0.54, 0.47, 0.42};
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const double share = shadow.at<uint8_t>(y, x) / 255.0;
      auto& pixel = image.at<cv::Vec3b>(y, x);
      for (int i = 0; i < 3; ++i) pixel[i] = cv::saturate_cast<uint8_t>(pixel[i] * (1 - share * (1 - kept[i])));
    }
  }
}

// A car's roof is lit though the car throws a shadow: shadows first, then what stands in the sun.
cv::Mat paint(const Town& town, const Window& fine) {
  Canvas canvas(fine, CV_8UC3), shadow(fine, CV_8UC1);
  paint_ground(town, canvas);
  paint_river(town, canvas);
  paint_lots(town, canvas);
  paint_rail(town, canvas);
  paint_roads(town, canvas);
  paint_shadows(town, shadow);
  cv::GaussianBlur(shadow.image(), shadow.image(), {0, 0}, 1.2);
  darken(canvas.image(), shadow.image());
  paint_cars(town, canvas);
  paint_roofs(town, canvas);
  paint_trees(town, canvas);
  return canvas.image();
}

// Light and colour change slowly over the area; the sensor's noise is a function of the pixel's place on the ground,
// so that it does not depend on how the town is cut.
void expose(cv::Mat& image, const Window& window, uint64_t seed) {
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const Point p = window.centre_of(x, y);
      const int64_t column = std::llround(p.x / window.metres - 0.5), row = std::llround(p.y / window.metres - 0.5);
      Rng rng(mix(seed, static_cast<uint64_t>(column), static_cast<uint64_t>(row)));
      const double light = 1 + 0.07 * noise(p.x / 420, p.y / 420, mix(seed, 800));
      const double grain =
          1 + 0.055 * noise(p.x / 1.3, p.y / 1.3, mix(seed, 801)) + 0.05 * noise(p.x / 6.1, p.y / 6.1, mix(seed, 802));
      const double warm = 0.03 * noise(p.x / 300, p.y / 300, mix(seed, 803));
      const double tint[] = {1 - warm, 1, 1 + warm}, haze[] = {10, 9, 8};
      const double common = rng.uniform(-3.5, 3.5);
      auto& pixel = image.at<cv::Vec3b>(y, x);
      const double grey = (pixel[0] + 2 * pixel[1] + pixel[2]) / 4.0;
      for (int i = 0; i < 3; ++i) {
        // The air between takes some of the colour away.
        const double value =
            (0.84 * pixel[i] + 0.16 * grey) * 1.0 * light * grain * tint[i] + haze[i] + common + rng.uniform(-3, 3);
        pixel[i] = cv::saturate_cast<uint8_t>(value);
      }
    }
  }
}

cv::Mat through_jpeg(const cv::Mat& image) {
  std::vector<uint8_t> bytes;
  PPL_CHECK(cv::imencode(".jpg", image, bytes, {cv::IMWRITE_JPEG_QUALITY, 90}), "JPEG encoder failed");
  return cv::imdecode(bytes, cv::IMREAD_COLOR);
}

template <class Covers>
void mark(cv::Mat& mask, const Window& window, Point low, Point high, Covers covers) {
  const Point a = (low - window.origin) / window.metres, b = (high - window.origin) / window.metres;
  const int x1 = std::min(mask.cols, cvCeil(b.x) + 1), y1 = std::min(mask.rows, cvCeil(b.y) + 1);
  for (int y = std::max(0, cvFloor(a.y) - 1); y < y1; ++y) {
    for (int x = std::max(0, cvFloor(a.x) - 1); x < x1; ++x) {
      if (covers(window.centre_of(x, y))) mask.at<uint8_t>(y, x) = 255;
    }
  }
}

void mark_polygon(cv::Mat& mask, const Window& window, const Line& outline) {
  Point low = outline[0], high = outline[0];
  std::vector<cv::Point2f> local;
  for (const Point p : outline) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    local.emplace_back(p - window.origin);
  }
  mark(mask, window, low, high,
       [&](Point p) { return cv::pointPolygonTest(local, cv::Point2f(p - window.origin), false) >= 0; });
}

}  // namespace

cv::Mat render_image(const Town& town, const Window& window) {
  const Window wide{window.origin - Point(1, 1) * (kMarginPixels * window.metres), window.metres,
                    window.width + 2 * kMarginPixels, window.height + 2 * kMarginPixels};
  const Window fine{wide.origin, wide.metres / kSamples, wide.width * kSamples, wide.height * kSamples};
  cv::Mat image;
  cv::resize(paint(town, fine), image, {wide.width, wide.height}, 0, 0, cv::INTER_AREA);
  cv::GaussianBlur(image, image, {5, 5}, 0.55);
  expose(image, wide, town.plan.seed());
  return through_jpeg(image(cv::Rect(kMarginPixels, kMarginPixels, window.width, window.height)).clone());
}

cv::Mat road_mask(const StreetGraph& graph, const Window& window) {
  cv::Mat mask(window.height, window.width, CV_8U, cv::Scalar(0));
  for (const Road& road : graph.roads) {
    const double half = style_of(road.kind).width / 2;
    for (size_t i = 1; i < road.line.size(); ++i) {
      const Point a = road.line[i - 1], b = road.line[i];
      const Point low(std::min(a.x, b.x) - half, std::min(a.y, b.y) - half);
      const Point high(std::max(a.x, b.x) + half, std::max(a.y, b.y) + half);
      mark(mask, window, low, high, [&](Point p) { return distance(p, a, b) <= half; });
    }
  }
  for (const Corner& corner : graph.corners) mark_polygon(mask, window, corner.outline);
  return mask;
}

cv::Mat building_mask(const Town& town, const Window& window) {
  cv::Mat mask(window.height, window.width, CV_8U, cv::Scalar(0));
  for (const Building& building : town.buildings) mark_polygon(mask, window, building.outline);
  return mask;
}

}  // namespace ppl::synthetic
