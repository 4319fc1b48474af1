#include "apps/town/paint/canvas.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace ppl::synthetic {
namespace {

constexpr int kShift = 4;  // OpenCV takes coordinates in sixteenths of a pixel

}  // namespace

Colour rgb(double red, double green, double blue) { return {blue, green, red}; }

Colour scaled(const Colour& colour, double factor) { return colour * factor; }

Colour varied(const Colour& colour, double amount, Rng& rng) {
  const double light = 1 + rng.uniform(-amount, amount);
  Colour result;
  for (int i = 0; i < 3; ++i) result[i] = colour[i] * light * (1 + 0.3 * rng.uniform(-amount, amount));
  return result;
}

Canvas::Canvas(const Window& window, int type) : window_(window), image_(window.height, window.width, type) {
  image_.setTo(0);
}

bool Canvas::sees(Point p, double reach) const {
  const Point q = p - window_.origin;
  return q.x > -reach && q.y > -reach && q.x < window_.width * window_.metres + reach &&
         q.y < window_.height * window_.metres + reach;
}

cv::Point Canvas::fixed(Point p) const {
  const Point q = (p - window_.origin) / window_.metres - Point(0.5, 0.5);
  return {cvRound(q.x * (1 << kShift)), cvRound(q.y * (1 << kShift))};
}

void Canvas::fill(const Line& polygon, const Colour& colour) {
  std::vector<cv::Point> corners;
  for (const Point p : polygon) corners.push_back(fixed(p));
  cv::fillPoly(image_, std::vector<std::vector<cv::Point>>{corners}, colour, cv::LINE_AA, kShift);
}

void Canvas::disc(Point centre, double radius, const Colour& colour) {
  if (!sees(centre, radius)) return;
  cv::circle(image_, fixed(centre), cvRound(radius / window_.metres * (1 << kShift)), colour, cv::FILLED, cv::LINE_AA,
             kShift);
}

void Canvas::stroke(const Line& line, double width, const Colour& colour) {
  for (size_t i = 1; i < line.size(); ++i) {
    const Point d = line[i] - line[i - 1], middle = (line[i] + line[i - 1]) / 2;
    const double norm = cv::norm(d);
    if (norm == 0 || !sees(middle, norm / 2 + width)) continue;
    fill(rectangle(middle, d / norm, norm, width), colour);
    if (i + 1 < line.size()) disc(line[i], width / 2, colour);
  }
}

void Canvas::dashes(const Line& line, double width, double on, double off, const Colour& colour) {
  const double total = length(line);
  for (double at = off / 2; at + on < total; at += on + off) {
    if (sees(station(line, at).at, on + width)) stroke(part(line, at, at + on), width, colour);
  }
}

}  // namespace ppl::synthetic
