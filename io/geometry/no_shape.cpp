// Stands in for shape.cpp in builds without GEOS.
#include "io/geometry/shape.h"
#include "kernels/base.h"

namespace ppl {
namespace {
[[noreturn]] void missing() { throw Error("this build has no GEOS, so it cannot intersect or check polygons"); }
}  // namespace

bool have_geos() { return false; }
struct Shape::Geometry {};
Shape::Shape(const std::vector<Polygon>&) { missing(); }
bool Shape::empty() const { return true; }
double Shape::area() const { return 0; }
Box Shape::bounds() const { missing(); }
std::string Shape::fault() const { return {}; }
Shape Shape::repaired() const { return {}; }
double intersection_area(const Shape&, const Shape&) { return 0; }
Shape united(const std::vector<Shape>&) { return {}; }
double shape_iou(const Shape&, const Shape&) { return 0; }
struct ShapeIndex::Tree {};
ShapeIndex::ShapeIndex(const std::vector<Shape>&) { missing(); }
ShapeIndex::~ShapeIndex() = default;
std::vector<size_t> ShapeIndex::find(const Shape&) const { return {}; }

}  // namespace ppl
