#include "io/vectorize/missing.h"

#include <algorithm>
#include <cmath>

#include "io/geometry/node_lines.h"
#include "io/geometry/shape.h"
#include "io/maps/tile_view.h"
#include "io/threads.h"
#include "io/vectorize/near_lines.h"
#include "kernels/base.h"

namespace ppl::vectorize {
namespace {

constexpr double kCovered = 1.0 / 3;  // share of a building that the map may cover

// What is looked up in an OSM file under a key; width: metres of a line on the ground.
struct Blocker {
  const char *key, *kind;
  MapTheme theme;
  double width;
};
constexpr Blocker kBlockers[] = {
    {"railway", "rail", MapTheme::roads, 5},         {"railway", "light_rail", MapTheme::roads, 5},
    {"railway", "subway", MapTheme::roads, 5},       {"railway", "tram", MapTheme::roads, 3},
    {"railway", "narrow_gauge", MapTheme::roads, 4}, {"aeroway", "runway", MapTheme::roads, 45},
    {"aeroway", "taxiway", MapTheme::roads, 20},     {"waterway", "river", MapTheme::roads, 15},
    {"waterway", "canal", MapTheme::roads, 10},      {"waterway", "stream", MapTheme::roads, 2},
    {"natural", "water", MapTheme::buildings, 0},    {"waterway", "riverbank", MapTheme::buildings, 0}};

double width_of(const std::string& kind) {
  for (const Blocker& b : kBlockers) {
    if (kind == b.kind) return b.width;
  }
  return 0;
}

// Rings as lines cross a ray to the right of p.
bool is_inside(const std::vector<Line>& rings, Point p) {
  bool inside = false;
  for (const Line& ring : rings) {
    for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
      const Point a = ring[j], b = ring[i];
      if ((a.y <= p.y) != (b.y <= p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)) inside = !inside;
    }
  }
  return inside;
}

// A frame round what was traced, whatever the image's extents.
TileFrame frame_of(const VectorizedImage& image) {
  PPL_CHECK(image.geo && !image.geo->crs.empty(), image.id,
            ": does not say where it lies, so that nothing of a map is known there; --images names images that do");
  Box box;
  for (const Line& line : image.roads) {
    for (const Point p : line) box.add(p);
  }
  for (const Polygon& polygon : image.buildings) {
    for (const Point p : polygon.outer) box.add(p);
  }
  TileFrame frame;
  frame.id = image.id;
  frame.width = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(box.empty() ? 1 : box.max_x)));
  frame.height = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(box.empty() ? 1 : box.max_y)));
  frame.transform = image.geo->transform;
  return frame;
}

struct Surroundings {
  NearLines roads, lines;  // lines: blockers
  std::vector<std::vector<Line>> water;
  std::vector<Box> water_boxes;

  bool is_blocked(Point p) const {
    Point ignored;
    if (std::isfinite(lines.nearest(p, ignored))) return true;
    for (size_t i = 0; i < water.size(); ++i) {
      const Box& b = water_boxes[i];
      if (p.x >= b.min_x && p.x <= b.max_x && p.y >= b.min_y && p.y <= b.max_y && is_inside(water[i], p)) return true;
    }
    return false;
  }
};

bool is_blocked(const Line& piece, const Surroundings& around) {
  constexpr size_t kLookedAt = 9;
  const Line points = points_along(piece);
  size_t blocked = 0;
  for (size_t k = 0; k < kLookedAt; ++k)
    blocked += around.is_blocked(points[k * (points.size() - 1) / (kLookedAt - 1)]);
  return 2 * blocked > kLookedAt;
}

}  // namespace

KnownMap::KnownMap(const std::vector<std::string>& paths, MapTheme theme) {
  MapRequest request;
  request.theme = theme;
  request.threads = available_threads();
  for (const std::string& path : paths) {
    const MapFile file = look_at_map(path);
    if (file.osm()) {
      read_osm_file(path, file, theme);
    } else {
      const SourceReport report = read_ogr(path, file, request, {}, known_);
      if (theme == MapTheme::roads)
        notes_.push_back(path + ": is no OSM file: nothing of it tells railways, runways and water from roads");
      notes_.insert(notes_.end(), report.notes.begin(), report.notes.end());
    }
  }
  for (auto* layers : {&known_, &blockers_}) {
    for (FeatureLayer& layer : *layers) layer.build_index();
  }
}

void KnownMap::read_osm_file(const std::string& path, const MapFile& file, MapTheme theme) {
  const auto read = [&](const MapRequest& request, std::vector<FeatureLayer>& to) {
    FeatureLayer layer("", FeatureLayer::Precision::degrees_e7);
    read_osm(path, file, request, layer);
    layer.set_crs(crs_of_epsg(4326));
    if (layer.size() > 0) to.push_back(std::move(layer));
  };
  MapRequest request;
  request.threads = available_threads();
  request.theme = theme;
  read(request, known_);
  if (theme != MapTheme::roads) return;
  for (const char* key : {"railway", "aeroway", "waterway", "natural"}) {
    for (const MapTheme form : {MapTheme::roads, MapTheme::buildings}) {
      const auto wanted = [=](const Blocker& b) { return b.theme == form && std::string(b.key) == key; };
      if (std::none_of(std::begin(kBlockers), std::end(kBlockers), wanted)) continue;
      request.theme = form;
      request.key = key;
      request.wants_kind = [=](const std::string& kind) {
        return std::any_of(std::begin(kBlockers), std::end(kBlockers),
                           [&](const Blocker& b) { return wanted(b) && kind == b.kind; });
      };
      read(request, blockers_);
    }
  }
}

size_t KnownMap::size() const {
  size_t sum = 0;
  for (const FeatureLayer& layer : known_) sum += layer.size();
  return sum;
}

void KnownMap::keep_missing_roads(VectorizedImage& image, const Length& within, double shortest) const {
  if (image.roads.empty()) return;
  const TileFrame frame = frame_of(image);
  ProjectionCache cache;
  const TileView view(frame, image.geo->crs, cache);
  const double pixel = image.metres().value_or(1), reach = within.metres ? within.value / pixel : within.value;
  constexpr double kWidest = 45;  // metres of a blocker
  const double margin = reach + kWidest / pixel;
  Surroundings around;
  for (const FeatureLayer& layer : known_) {
    for (const NearbyFeature& f : view.find(layer, margin))
      for (const Line& part : f.parts) around.roads.add(part, reach);
  }
  for (const FeatureLayer& layer : blockers_) {
    for (NearbyFeature& f : view.find(layer, margin)) {
      if (layer.is_area(f.number)) {
        Box box;
        for (const Line& ring : f.parts)
          for (const Point p : ring) box.add(p);
        around.water_boxes.push_back(box);
        around.water.push_back(std::move(f.parts));
        continue;
      }
      for (const Line& part : f.parts) around.lines.add(part, width_of(layer.kind(f.number)) / 2 / pixel + reach / 2);
    }
  }
  around.roads.build();
  around.lines.build();
  VectorizedImage kept{image.id, image.geo, {}, {}};
  Ends ends;
  for (size_t i = 0; i < image.roads.size(); ++i) {
    for (Line& piece : missing_pieces(image.roads[i], around.roads, shortest)) {
      if (is_blocked(piece, around)) continue;
      if (piece.size() > 2) ends.keep_once(piece);
      kept.roads.push_back(std::move(piece));
      kept.widths.push_back(image.widths[i]);
      if (!image.confidence.empty()) kept.confidence.push_back(image.confidence[i]);
    }
  }
  node_lines(kept.roads);  // what was drawn on may cross
  image.roads = std::move(kept.roads);
  image.widths = std::move(kept.widths);
  image.confidence = std::move(kept.confidence);
}

void KnownMap::keep_missing_buildings(VectorizedImage& image) const {
  if (image.buildings.empty()) return;
  const TileFrame frame = frame_of(image);
  ProjectionCache cache;
  const TileView view(frame, image.geo->crs, cache);
  std::vector<Shape> known;
  for (const FeatureLayer& layer : known_) {
    for (NearbyFeature& f : view.find(layer, 1)) {
      // Outer rings and holes come in any order: each ring is a building, holes count as covered.
      for (Line& ring : f.parts) known.push_back(Shape({{std::move(ring), {}}}).repaired());
    }
  }
  const ShapeIndex index(known);
  std::vector<Polygon> buildings;
  std::vector<double> confidence;
  for (size_t i = 0; i < image.buildings.size(); ++i) {
    const Shape own({image.buildings[i]});
    double covered = 0;
    for (const size_t k : index.find(own)) covered += intersection_area(own, known[k]);
    if (covered > kCovered * own.area()) continue;
    buildings.push_back(std::move(image.buildings[i]));
    confidence.push_back(image.confidence[i]);
  }
  image.buildings = std::move(buildings);
  image.confidence = std::move(confidence);
}

std::string keep_missing(const KnownMap& map, std::vector<VectorizedImage>& images, const RoadSettings& settings,
                         const Length& within) {
  size_t before = 0, after = 0;
  for (VectorizedImage& image : images) {
    before += image.roads.size();
    map.keep_missing_roads(image, within, settings.at(image.metres()).min_length);
    after += image.roads.size();
  }
  return cat("of ", before, " roads ", after, " pieces are not among the map's ", map.size());
}

std::string keep_missing(const KnownMap& map, std::vector<VectorizedImage>& images) {
  size_t before = 0, after = 0;
  for (VectorizedImage& image : images) {
    before += image.buildings.size();
    map.keep_missing_buildings(image);
    after += image.buildings.size();
  }
  return cat("of ", before, " buildings ", after, " are not among the map's ", map.size());
}

}  // namespace ppl::vectorize
