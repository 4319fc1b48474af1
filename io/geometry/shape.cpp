#include "io/geometry/shape.h"

#include <geos_c.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "kernels/base.h"

namespace ppl {
namespace {

// GEOS's state of one thread, and its last message.
struct Context {
  Context() : handle(GEOS_init_r()) {
    PPL_CHECK(handle, "GEOS cannot be started");
    GEOSContext_setErrorMessageHandler_r(
        handle, [](const char* text, void* to) { *static_cast<std::string*>(to) = text; }, &message);
    GEOSContext_setNoticeMessageHandler_r(
        handle, [](const char*, void*) {}, nullptr);
  }
  ~Context() { GEOS_finish_r(handle); }
  GEOSContextHandle_t handle;
  std::string message;
};

Context& context() {
  thread_local Context here;
  return here;
}

[[noreturn]] void fail(const char* doing) { throw Error(cat("GEOS cannot ", doing, ": ", context().message)); }

using Owned = std::unique_ptr<GEOSGeometry, decltype([](GEOSGeometry* g) { GEOSGeom_destroy_r(context().handle, g); })>;

Owned take(GEOSGeometry* geometry, const char* doing) {
  if (!geometry) fail(doing);
  return Owned(geometry);
}

Owned make_ring(const Line& ring) {
  std::vector<double> values;
  for (size_t i = 0; i <= ring.size(); ++i) {
    const Point p = ring[i % ring.size()];
    PPL_CHECK(std::isfinite(p.x) && std::isfinite(p.y), "a polygon with a coordinate that is no number");
    values.insert(values.end(), {p.x, p.y});
  }
  GEOSCoordSequence* points =
      GEOSCoordSeq_copyFromBuffer_r(context().handle, values.data(), static_cast<unsigned>(ring.size() + 1), 0, 0);
  if (!points) fail("make a ring");
  return take(GEOSGeom_createLinearRing_r(context().handle, points), "make a ring");
}

Owned make_polygon(const Polygon& polygon) {
  Owned outer = make_ring(polygon.outer);
  std::vector<Owned> holes;
  for (const Line& hole : polygon.holes) {
    if (hole.size() >= 3) holes.push_back(make_ring(hole));
  }
  std::vector<GEOSGeometry*> given;
  for (Owned& hole : holes) given.push_back(hole.release());
  return take(
      GEOSGeom_createPolygon_r(context().handle, outer.release(), given.data(), static_cast<unsigned>(given.size())),
      "make a polygon");
}

}  // namespace

struct Shape::Geometry {
  Owned owned;
};

bool have_geos() { return true; }

Shape::Shape(const std::vector<Polygon>& polygons) {
  std::vector<Owned> parts;
  for (const Polygon& polygon : polygons) {
    if (polygon.outer.size() >= 3) parts.push_back(make_polygon(polygon));
  }
  if (parts.empty()) return;
  if (parts.size() == 1) {
    geometry_ = std::make_shared<Geometry>(Geometry{std::move(parts[0])});
    return;
  }
  std::vector<GEOSGeometry*> given;
  for (Owned& part : parts) given.push_back(part.release());
  geometry_ = std::make_shared<Geometry>(
      Geometry{take(GEOSGeom_createCollection_r(context().handle, GEOS_MULTIPOLYGON, given.data(),
                                                static_cast<unsigned>(given.size())),
                    "make a polygon of several parts")});
}

bool Shape::empty() const { return !geometry_ || GEOSisEmpty_r(context().handle, geometry_->owned.get()) != 0; }

double Shape::area() const {
  double value = 0;
  if (geometry_ && !GEOSArea_r(context().handle, geometry_->owned.get(), &value)) fail("measure a polygon");
  return value;
}

Box Shape::bounds() const {
  const GEOSGeometry* g = geometry_ ? geometry_->owned.get() : nullptr;
  Box b;
  const GEOSContextHandle_t h = context().handle;
  if (!g || !GEOSGeom_getXMin_r(h, g, &b.min_x) || !GEOSGeom_getYMin_r(h, g, &b.min_y) ||
      !GEOSGeom_getXMax_r(h, g, &b.max_x) || !GEOSGeom_getYMax_r(h, g, &b.max_y)) {
    fail("find the bounds of a polygon");
  }
  return b;
}

std::string Shape::fault() const {
  if (empty()) return {};
  const std::unique_ptr<char, decltype([](char* text) { GEOSFree_r(context().handle, text); })> reason(
      GEOSisValidReason_r(context().handle, geometry_->owned.get()));
  if (!reason) fail("check a polygon");
  return std::string(reason.get()) == "Valid Geometry" ? std::string() : std::string(reason.get());
}

Shape Shape::repaired() const {
  if (empty()) return {};
  Shape result;
  result.geometry_ = std::make_shared<Geometry>(
      Geometry{take(GEOSBuffer_r(context().handle, geometry_->owned.get(), 0, 8), "repair a polygon")});
  return result;
}

double intersection_area(const Shape& a, const Shape& b) {
  if (a.empty() || b.empty()) return 0;
  const Owned both = take(GEOSIntersection_r(context().handle, a.geometry_->owned.get(), b.geometry_->owned.get()),
                          "intersect two polygons");
  double value = 0;
  if (!GEOSArea_r(context().handle, both.get(), &value)) fail("measure a polygon");
  return value;
}

Shape united(const std::vector<Shape>& shapes) {
  std::vector<Owned> parts;
  for (const Shape& shape : shapes) {
    if (!shape.empty()) parts.push_back(take(GEOSGeom_clone_r(context().handle, shape.geometry_->owned.get()), "copy"));
  }
  if (parts.empty()) return {};
  std::vector<GEOSGeometry*> given;
  for (Owned& part : parts) given.push_back(part.release());
  const Owned all = take(GEOSGeom_createCollection_r(context().handle, GEOS_GEOMETRYCOLLECTION, given.data(),
                                                     static_cast<unsigned>(given.size())),
                         "collect polygons");
  Shape result;
  result.geometry_ = std::make_shared<Shape::Geometry>(
      Shape::Geometry{take(GEOSUnaryUnion_r(context().handle, all.get()), "unite polygons")});
  return result;
}

double shape_iou(const Shape& a, const Shape& b) {
  const double both = intersection_area(a, b), either = a.area() + b.area() - both;
  return either > 0 ? both / either : 0;
}

struct ShapeIndex::Tree {
  std::unique_ptr<GEOSSTRtree, decltype([](GEOSSTRtree* t) { GEOSSTRtree_destroy_r(context().handle, t); })> tree;
  std::vector<Shape> shapes;  // the tree holds pointers to their geometries
  std::vector<size_t> numbers;
};

ShapeIndex::ShapeIndex(const std::vector<Shape>& shapes) : tree_(new Tree) {
  tree_->tree.reset(GEOSSTRtree_create_r(context().handle, 10));
  if (!tree_->tree) fail("make an index");
  tree_->shapes = shapes;
  tree_->numbers.resize(shapes.size());
  for (size_t i = 0; i < shapes.size(); ++i) {
    tree_->numbers[i] = i;
    if (shapes[i].empty()) continue;
    GEOSSTRtree_insert_r(context().handle, tree_->tree.get(), shapes[i].geometry_->owned.get(), &tree_->numbers[i]);
  }
}

ShapeIndex::~ShapeIndex() = default;

std::vector<size_t> ShapeIndex::find(const Shape& shape) const {
  std::vector<size_t> found;
  if (shape.empty()) return found;
  GEOSSTRtree_query_r(
      context().handle, tree_->tree.get(), shape.geometry_->owned.get(),
      [](void* item, void* to) { static_cast<std::vector<size_t>*>(to)->push_back(*static_cast<size_t*>(item)); },
      &found);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace ppl
