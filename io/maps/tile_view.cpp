#include "io/maps/tile_view.h"

#include <cmath>
#include <numbers>

#include "kernels/base.h"

namespace ppl {
namespace {

constexpr int kStepsASide = 16;  // of a tile's border when it is carried to another coordinate system

// Metres of a degree of latitude and of longitude on WGS 84's ellipsoid.
Point metres_a_degree(double latitude) {
  constexpr double kRadius = 6378137, kSquaredEccentricity = 6.69437999014e-3;
  const double sine = std::sin(latitude * std::numbers::pi / 180), cosine = std::cos(latitude * std::numbers::pi / 180);
  const double root = std::sqrt(1 - kSquaredEccentricity * sine * sine);
  const double meridian = kRadius * (1 - kSquaredEccentricity) / (root * root * root), normal = kRadius / root;
  return Point{normal * cosine, meridian} * (std::numbers::pi / 180);
}

double nearest_turn(double x, double centre, double period) {
  return period > 0 ? x - period * std::round((x - centre) / period) : x;
}

bool finite(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

// The pieces of a line of which a segment's box touches one of the boxes.
void cut_to(const std::vector<Box>& boxes, const Line& points, size_t begin, size_t end, Line& kept,
            std::vector<size_t>& ends) {
  bool open = false;
  for (size_t i = begin; i + 1 < end; ++i) {
    Box segment;
    segment.add(points[i]);
    segment.add(points[i + 1]);
    const bool near = std::any_of(boxes.begin(), boxes.end(), [&](const Box& b) { return b.touches(segment); });
    if (near) {
      if (!open) kept.push_back(points[i]);
      kept.push_back(points[i + 1]);
    } else if (open) {
      ends.push_back(kept.size());
    }
    open = near;
  }
  if (open) ends.push_back(kept.size());
}

}  // namespace

ProjectionCache::Pair& ProjectionCache::between(const std::string& layer_crs, const std::string& tile_crs) {
  const auto key = std::make_pair(layer_crs, tile_crs);
  const auto known = pairs_.find(key);
  if (known != pairs_.end()) return known->second;
  Projection to_tile(layer_crs, tile_crs);
  Projection to_layer = to_tile.inverse();
  return pairs_
      .emplace(key,
               Pair{std::move(to_tile), std::move(to_layer), meridian_period(layer_crs), meridian_period(tile_crs)})
      .first->second;
}

Projection& ProjectionCache::to_degrees(const std::string& tile_crs) {
  if (wgs84_.empty()) wgs84_ = crs_of_epsg(4326);
  return between(wgs84_, tile_crs).to_layer;
}

TileView::TileView(const TileFrame& tile, const std::string& crs, ProjectionCache& cache)
    : tile_(tile),
      crs_(crs),
      cache_(cache),
      extent_{static_cast<int32_t>(tile.height), static_cast<int32_t>(tile.width)} {
  for (int row : {0, 1}) {
    for (int column : {0, 1}) {
      corners_[row][column] =
          measure({column * static_cast<double>(extent_.width), row * static_cast<double>(extent_.height)});
    }
  }
}

Point TileView::from_pixel(Point p) const {
  const auto& t = tile_.transform;
  return {t[0] + p.x * t[1] + p.y * t[2], t[3] + p.x * t[4] + p.y * t[5]};
}

Point TileView::to_pixel(Point place) const {
  const auto& t = tile_.transform;
  const double x = place.x - t[0], y = place.y - t[3], determinant = t[1] * t[5] - t[2] * t[4];
  return {(x * t[5] - y * t[2]) / determinant, (y * t[1] - x * t[4]) / determinant};
}

GroundScale TileView::measure(Point pixel) const {
  Line degrees{from_pixel(pixel), from_pixel(pixel + Point{1, 0}), from_pixel(pixel + Point{0, 1})};
  cache_.to_degrees(crs_).apply(degrees);
  const Point place = degrees[0];
  PPL_CHECK(!(std::abs(place.y) > 90 || std::abs(place.x) > 360), "tile '", tile_.id, "': lies at ", place.x, " east, ",
            place.y, " north, which is no place in degrees; is its coordinate system the right one?");
  const Point metres = metres_a_degree(place.y);
  const auto step = [&](Point to) {
    return Point{nearest_turn(to.x - degrees[0].x, 0, 360) * metres.x, (to.y - degrees[0].y) * metres.y};
  };
  const Point right = step(degrees[1]), down = step(degrees[2]);
  const GroundScale scale{right.x, down.x, right.y, down.y};
  PPL_CHECK(std::isnormal(scale.area()), "tile '", tile_.id,
            "': its coordinate system has no place on the ground at column ", pixel.x, ", row ", pixel.y);
  return scale;
}

GroundScale TileView::scale_at(Point pixel) const {
  const double right = std::clamp(pixel.x / extent_.width, 0.0, 1.0);
  const double down = std::clamp(pixel.y / extent_.height, 0.0, 1.0);
  const auto between = [&](double GroundScale::*part) {
    const double top = corners_[0][0].*part * (1 - right) + corners_[0][1].*part * right;
    const double bottom = corners_[1][0].*part * (1 - right) + corners_[1][1].*part * right;
    return top * (1 - down) + bottom * down;
  };
  return {between(&GroundScale::xx), between(&GroundScale::xy), between(&GroundScale::yx), between(&GroundScale::yy)};
}

double TileView::pixels(double metres) const {
  double most = 0;
  for (const auto& row : corners_) {
    for (const GroundScale& corner : row) {
      const Point reach = corner.reach(metres);
      most = std::max({most, reach.x, reach.y});
    }
  }
  return most;
}

std::vector<Box> TileView::boxes_in(ProjectionCache::Pair& projections, double margin) const {
  Line border;
  const double left = -margin, right = extent_.width + margin, top = -margin, bottom = extent_.height + margin;
  for (int i = 0; i <= kStepsASide; ++i) {
    const double share = static_cast<double>(i) / kStepsASide;
    const double x = left + (right - left) * share, y = top + (bottom - top) * share;
    for (const Point p : {Point{x, top}, Point{x, bottom}, Point{left, y}, Point{right, y}}) {
      border.push_back(from_pixel(p));
    }
  }
  projections.to_layer.apply(border);
  const double period = projections.layer_period;
  Point first = border[0];
  Box box;
  for (const Point p : border) {
    if (!finite(p)) continue;
    if (!finite(first)) first = p;
    // Neighbours on both sides of the antimeridian stay neighbours.
    box.add(Point{nearest_turn(p.x, first.x, period), p.y});
  }
  if (box.empty()) return {};
  for (const double pole : {90.0, -90.0}) {
    if (period == 0 || period > 361) break;
    const Point at = to_pixel(projections.to_tile.apply({0, pole}));
    if (!(at.x >= left && at.x <= right && at.y >= top && at.y <= bottom)) continue;
    box.add(Point{-period / 2, pole});
    box.add(Point{period / 2, pole});
  }
  // A border bends between the points looked at.
  const double slack_x = (box.max_x - box.min_x) / 100, slack_y = (box.max_y - box.min_y) / 100;
  box = {box.min_x - slack_x, box.min_y - slack_y, box.max_x + slack_x, box.max_y + slack_y};
  std::vector<Box> boxes{box};
  if (period > 0 && box.max_x > period / 2) {
    boxes.push_back({box.min_x - period, box.min_y, box.max_x - period, box.max_y});
  }
  if (period > 0 && box.min_x < -period / 2) {
    boxes.push_back({box.min_x + period, box.min_y, box.max_x + period, box.max_y});
  }
  return boxes;
}

bool TileView::touches(const FeatureLayer& layer, double margin) const {
  std::vector<uint32_t> found;
  for (const Box& box : boxes_in(cache_.between(layer.crs(), crs_), margin)) layer.find(box, found);
  return !found.empty();
}

std::vector<NearbyFeature> TileView::find(const FeatureLayer& layer, double margin) const {
  ProjectionCache::Pair& projections = cache_.between(layer.crs(), crs_);
  const std::vector<Box> boxes = boxes_in(projections, margin);
  std::vector<uint32_t> found;
  for (const Box& box : boxes) layer.find(box, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());

  // One transformation of all points is much less work than one for each feature.
  Line points, all;
  std::vector<size_t> part_ends, ends;
  std::vector<size_t> feature_ends;
  for (const uint32_t feature : found) {
    points.clear();
    part_ends.clear();
    layer.copy(feature, points, part_ends);
    size_t begin = 0;
    for (const size_t end : part_ends) {
      if (layer.is_area(feature)) {
        all.insert(all.end(), points.begin() + static_cast<std::ptrdiff_t>(begin),
                   points.begin() + static_cast<std::ptrdiff_t>(end));
        ends.push_back(all.size());
      } else {
        cut_to(boxes, points, begin, end, all, ends);
      }
      begin = end;
    }
    feature_ends.push_back(ends.size());
  }
  projections.to_tile.apply(all);
  const Point centre = from_pixel({extent_.width / 2.0, extent_.height / 2.0});
  for (Point& p : all) p = to_pixel({nearest_turn(p.x, centre.x, projections.tile_period), p.y});

  std::vector<NearbyFeature> result;
  size_t part = 0, at = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    NearbyFeature near{&layer, found[i], {}};
    for (; part < feature_ends[i]; ++part) {
      near.parts.emplace_back();
      for (; at < ends[part]; ++at) {
        if (finite(all[at])) {
          near.parts.back().push_back(all[at]);
        } else if (!layer.is_area(found[i])) {
          near.parts.emplace_back();
        }
      }
    }
    if (!near.parts.empty()) result.push_back(std::move(near));
  }
  return result;
}

}  // namespace ppl
