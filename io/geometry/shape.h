// Polygons as GEOS has them: areas, intersections, validity. In builds without GEOS everything throws an Error that
// says so.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/geometry/box.h"
#include "io/geometry/polygon.h"

namespace ppl {

bool have_geos();

// One area of one or more polygons. Immutable; may be read from several threads.
class Shape {
 public:
  Shape() = default;  // empty
  // Rings of fewer than 3 points are left out; rings may run either way.
  explicit Shape(const std::vector<Polygon>&);

  bool empty() const;
  double area() const;
  Box bounds() const;  // of a shape that is not empty
  // Why the polygons are none as the OGC has it (a ring that crosses itself, say), and where; empty where they are.
  std::string fault() const;
  // A valid shape: the buffer of width 0, as SpaceNet's scorer repairs predictions. It may be smaller, or empty.
  Shape repaired() const;

  struct Geometry;

 private:
  friend double intersection_area(const Shape&, const Shape&);
  friend Shape united(const std::vector<Shape>&);
  friend class ShapeIndex;
  std::shared_ptr<const Geometry> geometry_;
};

// Of valid shapes.
double intersection_area(const Shape&, const Shape&);
Shape united(const std::vector<Shape>&);
double shape_iou(const Shape&, const Shape&);  // 0 where both are empty

// Which of many shapes may touch one: a tree of their bounds. Empty ones are never found.
class ShapeIndex {
 public:
  explicit ShapeIndex(const std::vector<Shape>&);
  ~ShapeIndex();
  ShapeIndex(const ShapeIndex&) = delete;
  ShapeIndex& operator=(const ShapeIndex&) = delete;
  std::vector<size_t> find(const Shape&) const;  // ascending

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace ppl
