// The lengths and areas of vectorizing, in pixels or in metres on the ground.
#pragma once

#include <optional>
#include <string>

#include "io/vectorize/buildings.h"
#include "io/vectorize/roads/road_lines.h"

namespace ppl {

// A length, or an area as the square of its unit.
struct Length {
  double value = 0;
  bool metres = false;
};

// "20" and "20px" are pixels, "8m" metres; of an area "300", "300px2" and "48m2". Error naming `where`.
Length parse_length(const std::string& text, const std::string& where);
Length parse_area(const std::string& text, const std::string& where);

// What the user says; what is not said is a number of metres where a pixel's are known, else of pixels of 0.4 m.
struct RoadSettings {
  std::optional<Length> closing, merge, spur, min_length, gap, far_gap, simplify;
  std::optional<Length> min_object, min_hole;  // areas
  double angle = 20;

  // pixel: metres of one. Error where metres are asked for and nothing says what a pixel is.
  RoadOptions at(std::optional<double> pixel) const;
};

struct BuildingSettings {
  std::optional<Length> closing, simplify;
  std::optional<Length> min_area, min_hole;  // areas
  bool square = false;

  BuildingOptions at(std::optional<double> pixel) const;
};

// What is said, the same text for the same settings.
std::string text_of(const RoadSettings&, const BuildingSettings&);

// "0.5 m a pixel: closing 2 px, gap 16 px, ..."; without a size "pixels of unknown size: ...".
std::string describe(const RoadOptions&, std::optional<double> pixel);
std::string describe(const BuildingOptions&, std::optional<double> pixel);

}  // namespace ppl
