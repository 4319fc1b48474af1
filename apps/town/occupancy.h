// What stands where, at one metre a pixel: keeps houses off streets and off each other.
#pragma once

#include "apps/town/town.h"

namespace ppl::synthetic {

class Occupancy {
 public:
  enum Use : uint8_t { road = 1, verge = 2, building = 4, paved = 8, barrier = 16, any = 255 };

  // Takes the streets with their sidewalks, the river and the railway.
  Occupancy(const Plan& plan, const StreetGraph& graph);

  // Is any pixel of the polygon in use for one of `uses`? Outside the map everything is in use.
  bool taken(const Line& polygon, uint8_t uses) const;
  bool taken(Point p, uint8_t uses) const;
  void take(const Line& polygon, Use use);
  void take(const Line& line, double width, Use use);

  // f32, 2 m a pixel: metres to the nearest house or street of a town (tracks do not count).
  cv::Mat built_distance(const StreetGraph& graph) const;

 private:
  cv::Point pixel(Point p) const;

  cv::Mat map_;
};

}  // namespace ppl::synthetic
