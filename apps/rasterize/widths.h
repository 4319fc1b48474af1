// How wide roads are drawn, and which class of a mask they are.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "io/maps/features.h"

namespace ppl::rasterize {

struct RoadClass {
  double width = 0;  // metres of the carriageway
  int number = 1;    // in masks of classes; where roads cross, the lower number is seen
};

// {"lane_width": 3.5, "other_width": 6, "classes": {"motorway": {"width": 11, "class": 1}, ...}}: a highway whose
// class is not listed is not drawn; other_width is for features without any class.
struct WidthTable {
  double lane_width = 3.5;
  double other_width = 6;
  std::map<std::string, RoadClass> classes;

  static WidthTable standard();
  // Error naming `where` and the entry for what is missing, unknown or out of range.
  static WidthTable parse(const std::string& json, const std::string& where);
  std::string json() const;

  bool draws(const std::string& kind) const { return kind.empty() || classes.contains(kind); }
  int number_of(const std::string& kind) const;
  int highest_number() const;
  // By the width tag, else lanes, else class; metres.
  double width_of(const FeatureTraits&) const;
};

// Thickness of a published mask's line in pixels: int(lane_pixels * lanes), lanes by class where no tag says.
int published_thickness(const FeatureTraits&, double lane_pixels);

}  // namespace ppl::rasterize
