// Coordinate systems, through PROJ. Always x = east or longitude, y = north or latitude.
#pragma once

#include <memory>
#include <string>

#include "io/geometry/box.h"

namespace ppl {

// WKT of "EPSG:32632", "WGS 84 / UTM zone 32N", WKT, PROJJSON, PROJ strings and the like; files and addresses are not
// followed. Error naming `where`.
std::string crs_from_text(const std::string& text, const std::string& where);
std::string crs_of_epsg(int code);

// Whether two coordinate systems (WKT) are one, however they are written and in whatever order their axes come; without
// PROJ whether the texts are equal. False where one of them is none.
bool is_same_system(const std::string& a, const std::string& b);

// How far apart two x are that mean the same meridian: 360 for degrees, the equator's length for mercator, 0 else.
double meridian_period(const std::string& crs);

// From one coordinate system to another. Not to be shared between threads; the first of a pair is looked for in PROJ's
// database, later ones are copies of it.
class Projection {
 public:
  // WKT. Error where either is empty or not tied to the earth.
  Projection(const std::string& from, const std::string& to);
  ~Projection();
  Projection(Projection&&) noexcept;
  Projection& operator=(Projection&&) noexcept;

  Projection inverse() const;

  // In place; what has no image becomes NaN.
  void apply(Line& points);
  Point apply(Point p);

 private:
  struct Transformation;
  Projection() = default;
  std::unique_ptr<Transformation> transformation_;  // null where both are the same
};

}  // namespace ppl
