// The town as vectors, before any pixel: what make_town builds and what images, masks and OSM are made from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/town/geometry.h"
#include "apps/town/plan.h"

namespace ppl::synthetic {

enum class RoadClass { track, service, residential, tertiary, secondary, primary };

struct RoadStyle {
  const char* tag;  // value of OSM's highway=
  double width;     // carriageway, metres
  int lanes;        // OSM's lanes=, 0 where the tag is left out
  double sidewalk;  // width of the strip on each side, metres
  double min_tail;  // a dead end shorter than this is cut off, metres
  double reach;     // how far an open end looks for a road to join, metres
};
const RoadStyle& style_of(RoadClass kind);

// A piece of road between two junctions; its line starts at node `from` and ends at node `to`.
struct Road {
  RoadClass kind;
  int from;
  int to;
  int way;  // pieces of one way follow one another in StreetGraph::roads
  Line line;
};

// Asphalt beside the carriageways: the rounded corners of junctions, the turning circles of dead ends.
struct Corner {
  int road;  // whose surface it has
  Line outline;
};

struct StreetGraph {
  std::vector<Point> nodes;
  std::vector<Road> roads;
  std::vector<int> degree;  // roads that meet at each node
  std::vector<Corner> corners;
};

enum class LotKind { garden, paved, yard, parking };
struct Lot {
  LotKind kind;
  Point centre;
  Point axis;     // unit, along the street
  double length;  // along the axis, metres
  double depth;
  uint64_t seed;
};

enum class Roof { gable, hip, flat };
struct Wing {
  Point centre;
  Point axis;  // unit, along the ridge
  double length;
  double width;
};
struct Building {
  Roof roof;
  std::vector<Wing> wings;  // one, or two that make an L (the second runs into the first)
  Line outline;             // corners in order, the first not repeated
  double height;            // of the eaves, metres
  uint64_t seed;
};

struct Tree {
  Point at;
  double radius;
  double height;
  uint64_t seed;
};

struct Car {
  Point at;
  Point axis;
  double length;
  uint64_t seed;
};

// A strip that leads from the street to a house: looks like a road, is none.
struct Drive {
  Line line;
  double width;
  uint64_t seed;
};

struct Town {
  Plan plan;
  StreetGraph graph;
  std::vector<Lot> lots;
  std::vector<Building> buildings;
  std::vector<Tree> trees;
  std::vector<Car> cars;
  std::vector<Drive> drives;
  cv::Mat built_distance;  // f32, 2 m a pixel, metres to the nearest house or street; starts at -kMargin
};

// Same plan size and seed, same town. Width and height of the imaged area in metres, each above 0.
Town make_town(double width, double height, uint64_t seed);

}  // namespace ppl::synthetic
