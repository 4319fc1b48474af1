#include <algorithm>
#include <cmath>

#include "apps/town/paint/paint.h"

namespace ppl::synthetic {
namespace {

constexpr RoadClass kOrder[] = {RoadClass::track,    RoadClass::service,   RoadClass::residential,
                                RoadClass::tertiary, RoadClass::secondary, RoadClass::primary};
constexpr double kClearOfJunction = 9;

// One shade a way: streets are resurfaced as a whole, and old asphalt is paler.
Colour surface(const Town& town, const Road& road) {
  Rng rng(mix(town.plan.seed(), 700, static_cast<uint64_t>(road.way)));
  switch (road.kind) {
    case RoadClass::track:
      return varied(rgb(152, 136, 110), 0.12, rng);
    case RoadClass::residential:
      return rng.chance(0.12) ? varied(rgb(150, 132, 122), 0.06, rng) : varied(rgb(126, 122, 116), 0.15, rng);
    case RoadClass::primary:
      return varied(rgb(108, 105, 101), 0.1, rng);
    case RoadClass::service:
      return varied(kLotAsphalt, 0.05, rng);
    default:
      return varied(rgb(117, 114, 109), 0.14, rng);
  }
}

// Round ends close the gap where the pieces of a bent street meet.
void stroke_with_ends(const Road& road, double width, const Colour& colour, Canvas& canvas) {
  canvas.stroke(road.line, width, colour);
  for (const Point end : {road.line.front(), road.line.back()}) canvas.disc(end, width / 2, colour);
}

void paint_sidewalks(const Town& town, Canvas& canvas) {
  for (const Road& road : town.graph.roads) {
    const RoadStyle& style = style_of(road.kind);
    if (style.sidewalk == 0) continue;
    Rng rng(mix(town.plan.seed(), 701, static_cast<uint64_t>(road.way)));
    const bool in_town = town.plan.urban(road.line[road.line.size() / 2]) > 0.42;
    const Colour colour = varied(in_town ? rgb(164, 158, 150) : rgb(118, 122, 88), 0.07, rng);
    stroke_with_ends(road, style.width + 2 * style.sidewalk, colour, canvas);
    if (!in_town) continue;
    // A strip of grass between kerb and footway on the wider streets.
    if (road.kind >= RoadClass::tertiary || rng.chance(0.35)) {
      for (const double side : {1.0, -1.0}) {
        canvas.stroke(offset(road.line, side * (style.width / 2 + 0.55)), 1.0, varied(rgb(108, 116, 76), 0.1, rng));
      }
    }
  }
}

void paint_wear(const Road& road, const Colour& asphalt, Canvas& canvas) {
  Rng rng(mix(static_cast<uint64_t>(road.way), static_cast<uint64_t>(road.from), 702));
  const double width = style_of(road.kind).width, total = length(road.line);
  for (const double side : {1.0, -1.0}) {
    for (const double wheel : {-0.8, 0.8}) {
      canvas.stroke(offset(road.line, side * width / 4 + wheel), 0.7, scaled(asphalt, 0.955));
    }
  }
  for (double along = rng.uniform(5, 40); along < total - 4; along += rng.uniform(10, 60)) {
    const Station s = station(road.line, along);
    const Point p = s.at + left_of(s.direction) * rng.uniform(-width / 3, width / 3);
    canvas.fill(rectangle(p, s.direction, rng.uniform(1.5, 14), rng.uniform(0.6, 2.4)), varied(asphalt, 0.13, rng));
  }
}

void paint_track(const Road& road, const Colour& dirt, Canvas& canvas) {
  canvas.stroke(road.line, style_of(road.kind).width, scaled(dirt, 0.93));
  canvas.dashes(road.line, 0.8, 14, 5, rgb(120, 122, 80));
  for (const double side : {0.85, -0.85}) canvas.stroke(offset(road.line, side), 0.75, scaled(dirt, 1.08));
}

void paint_surface(const Town& town, const Road& road, Canvas& canvas) {
  const Colour colour = surface(town, road);
  if (road.kind == RoadClass::track) return paint_track(road, colour, canvas);
  stroke_with_ends(road, style_of(road.kind).width, colour, canvas);
  paint_wear(road, colour, canvas);
}

void paint_markings(const Road& road, Canvas& canvas) {
  const double total = length(road.line), width = style_of(road.kind).width;
  if (total < 3 * kClearOfJunction) return;
  const Line line = part(road.line, kClearOfJunction, total - kClearOfJunction);
  const Colour white = rgb(206, 206, 200);
  if (road.kind == RoadClass::primary) {
    for (const double lane : {width / 6, -width / 6}) canvas.dashes(offset(line, lane), 0.28, 4, 6, white);
  } else if (road.kind >= RoadClass::tertiary) {
    canvas.dashes(line, 0.25, 3, 5, white);
  }
  if (road.kind < RoadClass::secondary) return;
  for (const double side : {1.0, -1.0}) canvas.stroke(offset(line, side * (width / 2 - 0.4)), 0.2, white);
  // Zebra crossings before the junctions.
  Rng rng(mix(static_cast<uint64_t>(road.from), static_cast<uint64_t>(road.to), 703));
  for (const double along : {kClearOfJunction, total - kClearOfJunction}) {
    if (!rng.chance(0.3)) continue;
    const Station s = station(road.line, along);
    for (double across = -width / 2 + 0.6; across < width / 2 - 0.3; across += 1.1) {
      canvas.fill(rectangle(s.at + left_of(s.direction) * across, s.direction, 3, 0.55), white);
    }
  }
}

// Concrete edges where a road runs over the river, and what it hides of the water's light.
void paint_bridge(const Town& town, const Road& road, Canvas& canvas) {
  const double total = length(road.line), edge = style_of(road.kind).width / 2 + style_of(road.kind).sidewalk;
  double first = -1, last = -1;
  for (double along = 0; along <= total; along += 2) {
    if (distance(station(road.line, along).at, town.plan.river()) > town.plan.river_width() / 2 + 3) continue;
    if (first < 0) first = along;
    last = along;
  }
  if (last - first < 6) return;
  const Line deck = part(road.line, first, last);
  canvas.stroke(offset(deck, edge * 0.5), edge * 2 + 3, rgb(40, 54, 54));
  canvas.stroke(deck, edge * 2 + 0.8, rgb(176, 172, 164));
}

}  // namespace

void paint_roads(const Town& town, Canvas& canvas) {
  const StreetGraph& graph = town.graph;
  paint_sidewalks(town, canvas);
  for (const Road& road : graph.roads) {
    if (road.kind >= RoadClass::tertiary || road.kind == RoadClass::track) paint_bridge(town, road, canvas);
  }
  for (const RoadClass kind : kOrder) {
    for (const Road& road : graph.roads) {
      if (road.kind == kind) paint_surface(town, road, canvas);
    }
    for (const Corner& corner : graph.corners) {
      const Road& road = graph.roads[corner.road];
      if (road.kind == kind && canvas.sees(corner.outline[0], 20)) canvas.fill(corner.outline, surface(town, road));
    }
  }
  for (const Road& road : graph.roads) paint_markings(road, canvas);
}

void paint_rail(const Town& town, Canvas& canvas) {
  const Line& rail = town.plan.rail();
  canvas.stroke(rail, 9.5, rgb(112, 110, 84));
  for (const double track : {2.1, -2.1}) {
    const Line line = offset(rail, track);
    canvas.stroke(line, 3.6, rgb(134, 122, 110));
    canvas.dashes(line, 2.4, 0.3, 0.35, rgb(112, 100, 92));
    for (const double side : {0.72, -0.72}) canvas.stroke(offset(line, side), 0.22, rgb(150, 140, 134));
  }
}

}  // namespace ppl::synthetic
