#include "io/maps/ogr/geometry.h"

#include <cmath>
#include <memory>

#include "kernels/base.h"

namespace ppl {

Line Geometries::points_of(const OGRSimpleCurve& curve) const {
  constexpr double kSlack = 1e-6;
  Line line;
  for (int i = 0; i < curve.getNumPoints(); ++i) {
    const Point p{curve.getX(i), curve.getY(i)};
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) continue;
    PPL_CHECK(!degrees_ || (std::abs(p.x) <= 180 + kSlack && std::abs(p.y) <= 90 + kSlack), where_, ": the point ", p.x,
              " ", p.y, " is no place in degrees; are they metres? Name the coordinate system with --source-crs");
    line.push_back(p);
  }
  return line;
}

bool Geometries::add(const OGRGeometry& geometry, FeatureTraits traits, Polygons polygons) {
  const std::unique_ptr<OGRGeometry> straight(geometry.hasCurveGeometry() ? geometry.getLinearGeometry()
                                                                          : geometry.clone());
  if (!straight) return false;
  const size_t before = layer_.size();
  add_straight(*straight, traits, polygons);
  return layer_.size() > before;
}

void Geometries::add_straight(const OGRGeometry& geometry, FeatureTraits& traits, Polygons polygons) {
  const OGRwkbGeometryType type = wkbFlatten(geometry.getGeometryType());
  if (type == wkbPolygon || type == wkbTriangle) {
    if (polygons == Polygons::passed_over) return;
    traits.area = polygons == Polygons::filled;
    std::vector<Line> rings;
    for (const OGRLinearRing* ring : *geometry.toPolygon()) rings.push_back(points_of(*ring));
    layer_.add(traits, rings);
  } else if (type == wkbLineString) {
    if (theme_ == MapTheme::buildings) return;
    traits.area = false;
    layer_.add(traits, {points_of(*geometry.toLineString())});
  } else if (OGR_GT_IsSubClassOf(type, wkbGeometryCollection)) {
    for (const OGRGeometry* part : *geometry.toGeometryCollection()) add_straight(*part, traits, polygons);
  }
}

bool has_several_rings(const OGRGeometry& geometry) {
  const OGRwkbGeometryType type = wkbFlatten(geometry.getGeometryType());
  if (type == wkbPolygon) return geometry.toPolygon()->getNumInteriorRings() > 0;
  if (!OGR_GT_IsSubClassOf(type, wkbGeometryCollection)) return false;
  const OGRGeometryCollection& parts = *geometry.toGeometryCollection();
  return parts.getNumGeometries() > 1 || (parts.getNumGeometries() == 1 && has_several_rings(*parts.getGeometryRef(0)));
}

}  // namespace ppl
