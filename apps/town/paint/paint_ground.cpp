#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "apps/town/paint/paint.h"

namespace ppl::synthetic {
namespace {

struct Crop {
  Colour colour;
  double period;  // of the furrows, metres
  double depth;   // of the furrows, share of the brightness
};

const Crop& crop_of(uint64_t id) {
  static const Crop crops[] = {
      {rgb(178, 160, 112), 3.2, 0.05}, {rgb(142, 118, 92), 2.4, 0.09},  {rgb(94, 118, 62), 3.0, 0.07},
      {rgb(76, 102, 58), 1.8, 0.05},   {rgb(160, 148, 108), 4.0, 0.08}, {rgb(116, 130, 80), 6.0, 0.03},
      {rgb(124, 104, 84), 2.0, 0.10},
  };
  return crops[id % std::size(crops)];
}

class Ground {
 public:
  explicit Ground(const Town& town) : town_(town), seed_(town.plan.seed()) {}

  Colour at(Point p) const {
    const double built = built_distance(p), ragged = 7 * noise(p.x / 23, p.y / 23, mix(seed_, 600));
    const double urban = town_.plan.urban(p);
    if (built > 15 + ragged && urban < 0.42) return town_.plan.woods(p) > 0 ? floor_of_woods(p) : field(p);
    return lawn(p);
  }

 private:
  double built_distance(Point p) const {
    const cv::Mat& map = town_.built_distance;
    const int x = std::clamp(static_cast<int>((p.x + kMargin) / 2), 0, map.cols - 1);
    const int y = std::clamp(static_cast<int>((p.y + kMargin) / 2), 0, map.rows - 1);
    return map.at<float>(y, x);
  }

  Colour lawn(Point p) const {
    const double dry =
        0.5 + 0.45 * fbm(p.x / 34, p.y / 34, mix(seed_, 601), 2) + 0.3 * noise(p.x / 130, p.y / 130, seed_);
    const double grain = 1 + 0.10 * fbm(p.x / 3.1, p.y / 3.1, mix(seed_, 602), 2);
    return (rgb(84, 104, 62) * (1 - dry) + rgb(126, 128, 88) * dry) * grain;
  }

  Colour floor_of_woods(Point p) const {
    return rgb(54, 70, 42) * (1 + 0.2 * fbm(p.x / 4, p.y / 4, mix(seed_, 603), 2));
  }

  Colour field(Point p) const {
    const FieldCell cell = town_.plan.field(p);
    if (cell.edge < 1.6) return rgb(104, 116, 72) * (1 + 0.12 * noise(p.x / 2, p.y / 2, mix(seed_, 604)));
    const Crop& crop = crop_of(cell.id >> 8);
    const double bend = cell.across + 0.5 * noise(p.x / 30, p.y / 30, mix(seed_, 605));
    double light = 1 + crop.depth * std::sin(2 * std::numbers::pi * bend / crop.period);
    light *= 1 + 0.13 * fbm(p.x / 45, p.y / 45, mix(cell.id, 606), 2) + 0.05 * noise(p.x / 1.7, p.y / 1.7, seed_);
    // The wheels of the tractor keep to the same two tracks every 18 m.
    const double lane = std::fmod(std::abs(cell.across), 18.0);
    if (std::abs(lane - 8) < 0.35 || std::abs(lane - 10) < 0.35) light *= 0.86;
    return crop.colour * light;
  }

  const Town& town_;
  uint64_t seed_;
};

}  // namespace

void paint_ground(const Town& town, Canvas& canvas) {
  const Window& window = canvas.window();
  // Computed at half the canvas's resolution: it is as smooth as that, and the noise is the costly part.
  const Window coarse{window.origin, window.metres * 2, (window.width + 1) / 2, (window.height + 1) / 2};
  const Ground ground(town);
  cv::Mat image(coarse.height, coarse.width, CV_8UC3);
  for (int y = 0; y < coarse.height; ++y) {
    for (int x = 0; x < coarse.width; ++x) {
      const Colour colour = ground.at(coarse.centre_of(x, y));
      auto& pixel = image.at<cv::Vec3b>(y, x);
      for (int i = 0; i < 3; ++i) pixel[i] = cv::saturate_cast<uint8_t>(colour[i]);
    }
  }
  cv::Mat fine;
  cv::resize(image, fine, {coarse.width * 2, coarse.height * 2}, 0, 0, cv::INTER_LINEAR);
  fine(cv::Rect(0, 0, window.width, window.height)).copyTo(canvas.image());
}

void paint_river(const Town& town, Canvas& canvas) {
  const Line& river = town.plan.river();
  const double width = town.plan.river_width();
  canvas.stroke(river, width + 9, rgb(92, 100, 66));
  canvas.stroke(river, width + 3, rgb(128, 120, 92));
  canvas.stroke(river, width, rgb(74, 92, 84));
  canvas.stroke(river, width * 0.72, rgb(58, 80, 78));
  canvas.stroke(offset(river, width * 0.1), width * 0.3, rgb(52, 74, 74));
}

}  // namespace ppl::synthetic
