// The lie of the land: where the town stands, how its streets run, where river, railway and fields are.
#pragma once

#include "apps/town/geometry.h"

namespace ppl::synthetic {

// Everything reaches this far beyond the imaged area, so that roads leave it and shadows enter it; metres.
constexpr double kMargin = 160;

struct FieldCell {
  uint64_t id;
  double edge;    // metres to the nearest boundary of the field
  double across;  // coordinate across the furrows, metres
};

class Plan {
 public:
  Plan(double width, double height, uint64_t seed);

  double width() const { return width_; }
  double height() const { return height_; }
  uint64_t seed() const { return seed_; }

  // Direction of the streets at a point in radians; streets run along it and at right angles to it.
  double street_angle(Point p) const;
  // 0 open country .. 1 town centre.
  double urban(Point p) const;
  // Above 0: works and warehouses rather than houses.
  double industry(Point p) const;
  // Above 0: woods (in open country) or a park (in town).
  double woods(Point p) const;

  const Line& river() const { return river_; }
  double river_width() const { return 22; }
  const Line& rail() const { return rail_; }
  // True where small streets and houses keep out: the banks of the river and the railway.
  bool barred(Point p, double clearance) const;

  FieldCell field(Point p) const;
  // Boundary `column` of the fields as a line across the whole area; columns run from -n to n, n = field_columns().
  Line field_boundary(int column) const;
  int field_columns() const;

 private:
  Point warp(Point p) const;

  double width_;
  double height_;
  uint64_t seed_;
  double base_angle_;
  double field_angle_;
  Point centre_;
  Line river_;
  Line rail_;
};

}  // namespace ppl::synthetic
