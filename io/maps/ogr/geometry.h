// Lines and polygons of OGR's geometries into a layer of features.
#pragma once

#include <ogr_geometry.h>

#include <string>

#include "io/maps/source.h"

namespace ppl {

// What a polygon of a road is: its area, or a way that comes round to its beginning.
enum class Polygons { filled, outlines, passed_over };

// Lines become parts of one feature; each polygon is a feature of its own, as its area and contacts are its own.
class Geometries {
 public:
  // degrees: what lies off the earth is an Error naming `where`.
  Geometries(MapTheme theme, bool degrees, FeatureLayer& layer, std::string where)
      : theme_(theme), degrees_(degrees), layer_(layer), where_(std::move(where)) {}

  // False where nothing of it can be drawn.
  bool add(const OGRGeometry& geometry, FeatureTraits traits, Polygons polygons);

 private:
  void add_straight(const OGRGeometry& geometry, FeatureTraits& traits, Polygons polygons);
  Line points_of(const OGRSimpleCurve& curve) const;

  MapTheme theme_;
  bool degrees_;
  FeatureLayer& layer_;
  std::string where_;
};

// More than one ring: a hole, or several polygons.
bool has_several_rings(const OGRGeometry& geometry);

}  // namespace ppl
