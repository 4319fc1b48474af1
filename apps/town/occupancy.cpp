#include "apps/town/occupancy.h"

#include <opencv2/imgproc.hpp>

namespace ppl::synthetic {

Occupancy::Occupancy(const Plan& plan, const StreetGraph& graph)
    : map_(cvCeil(plan.height() + 2 * kMargin), cvCeil(plan.width() + 2 * kMargin), CV_8U, cv::Scalar(0)) {
  take(plan.river(), plan.river_width() + 6, Use::barrier);
  take(plan.rail(), 8, Use::barrier);
  for (const Road& road : graph.roads) {
    take(road.line, style_of(road.kind).width + 2 * style_of(road.kind).sidewalk, Use::verge);
  }
  for (const Road& road : graph.roads) take(road.line, style_of(road.kind).width, Use::road);
}

cv::Point Occupancy::pixel(Point p) const { return {cvFloor(p.x + kMargin), cvFloor(p.y + kMargin)}; }

bool Occupancy::taken(Point p, uint8_t uses) const {
  const cv::Point at = pixel(p);
  if (at.x < 0 || at.y < 0 || at.x >= map_.cols || at.y >= map_.rows) return true;
  return (map_.at<uint8_t>(at) & uses) != 0;
}

bool Occupancy::taken(const Line& polygon, uint8_t uses) const {
  std::vector<cv::Point> corners;
  for (const Point p : polygon) corners.push_back(pixel(p));
  const cv::Rect box = cv::boundingRect(corners);
  if ((box & cv::Rect(0, 0, map_.cols, map_.rows)) != box) return true;
  for (cv::Point& p : corners) p -= box.tl();
  cv::Mat inside(box.size(), CV_8U, cv::Scalar(0));
  cv::fillPoly(inside, std::vector<std::vector<cv::Point>>{corners}, cv::Scalar(uses));
  return cv::countNonZero(inside & map_(box)) > 0;
}

void Occupancy::take(const Line& polygon, Use use) {
  std::vector<cv::Point> corners;
  for (const Point p : polygon) corners.push_back(pixel(p));
  const cv::Rect box = cv::boundingRect(corners) & cv::Rect(0, 0, map_.cols, map_.rows);
  if (box.empty()) return;
  for (cv::Point& p : corners) p -= box.tl();
  cv::Mat inside(box.size(), CV_8U, cv::Scalar(0));
  cv::fillPoly(inside, std::vector<std::vector<cv::Point>>{corners}, cv::Scalar(use));
  map_(box) |= inside;
}

void Occupancy::take(const Line& line, double width, Use use) {
  for (size_t i = 1; i < line.size(); ++i) {
    const Point d = line[i] - line[i - 1];
    const double norm = cv::norm(d);
    if (norm > 0) take(rectangle((line[i] + line[i - 1]) / 2, d / norm, norm + width / 2, width), use);
  }
}

cv::Mat Occupancy::built_distance(const StreetGraph& graph) const {
  cv::Mat open(map_.rows / 2 + 1, map_.cols / 2 + 1, CV_8U, cv::Scalar(255));
  for (int y = 0; y < map_.rows; ++y) {
    for (int x = 0; x < map_.cols; ++x) {
      if (map_.at<uint8_t>(y, x) & Use::building) open.at<uint8_t>(y / 2, x / 2) = 0;
    }
  }
  for (const Road& road : graph.roads) {
    if (road.kind != RoadClass::residential) continue;
    std::vector<cv::Point> points;
    for (const Point p : road.line) points.push_back(pixel(p) / 2);
    cv::polylines(open, points, false, cv::Scalar(0));
  }
  cv::Mat metres;
  cv::distanceTransform(open, metres, cv::DIST_L2, 3);
  return metres * 2;
}

}  // namespace ppl::synthetic
