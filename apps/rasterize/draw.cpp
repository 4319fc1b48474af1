#include "apps/rasterize/draw.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "io/geometry/thick_line.h"

namespace ppl::rasterize {
namespace {

constexpr uint8_t kBoundary = 2, kContact = 3;  // in masks of classes of buildings; 1 is their inside

template <class Visit>
void for_segments(const std::vector<Line>& lines, bool closed, Visit&& visit) {
  for (const Line& line : lines) {
    for (size_t i = 0; i + 1 < line.size(); ++i) visit(line[i], line[i + 1]);
    if (closed && line.size() > 2) visit(line.back(), line.front());
  }
}

}  // namespace

struct Drawer::Work {
  const TileView& view;
  DrawnTile& tile;
  // For buildings: the last one whose pixel it is, and how many are near.
  std::vector<uint32_t> owner, last_near;
  std::vector<uint8_t> near;
  uint32_t number = 0;  // of the feature being drawn, from 1
  uint8_t value = 1;    // it is drawn with

  size_t at(int32_t row, int32_t column) const {
    return static_cast<size_t>(row) * static_cast<size_t>(view.extent().width) + static_cast<size_t>(column);
  }
  void burn(const std::vector<Span>& spans) {
    for (const Span& s : spans) {
      std::memset(tile.mask.data() + at(s.row, s.begin), value, static_cast<size_t>(s.end - s.begin));
    }
  }
  template <class Visit>
  void for_pixels(const std::vector<Span>& spans, Visit&& visit) const {
    for (const Span& s : spans) {
      for (int32_t column = s.begin; column < s.end; ++column) visit(at(s.row, column), s.row, column);
    }
  }
};

void Drawer::draw_road(Work& work, const NearbyFeature& road) {
  const double radius = features_.settings().radius_of(road.layer->traits(road.number));
  for_segments(road.parts, false, [&](Point a, Point b) {
    cover_capsule(a, b, radius, work.view.scale_at((a + b) * 0.5), work.view.extent(), spans_);
  });
}

void Drawer::draw_published(Work& work, const NearbyFeature& road) {
  const int thickness = published_thickness(road.layer->traits(road.number), features_.settings().lane_pixels);
  for_segments(road.parts, false, [&](Point a, Point b) {
    constexpr double kFar = 1 << 28;
    if (std::max({std::abs(a.x), std::abs(a.y), std::abs(b.x), std::abs(b.y)}) > kFar) return;
    const auto rounded = [](Point p) { return Pixel{std::llrint(p.x), std::llrint(p.y)}; };
    cover_thick_line(rounded(a), rounded(b), thickness, work.view.extent(), spans_);
  });
}

void Drawer::draw_distance(Work& work, const NearbyFeature& road) {
  const double limit = features_.settings().distance;
  for_segments(road.parts, false, [&](Point a, Point b) {
    const GroundScale scale = work.view.scale_at((a + b) * 0.5);
    more_spans_.clear();
    cover_capsule(a, b, limit, scale, work.view.extent(), more_spans_);
    const Point end = scale(b - a);
    work.for_pixels(more_spans_, [&](size_t pixel, int32_t row, int32_t column) {
      const Point at = scale(Point{column + 0.5, row + 0.5} - a);
      const double away = distance(at, nearest_on_segment(at, {0, 0}, end));
      const auto value = static_cast<uint8_t>(std::lround(255 * std::max(0.0, 1 - away / limit)));
      work.tile.distance[pixel] = std::max(work.tile.distance[pixel], value);
    });
  });
}

void Drawer::draw_area(Work& work, const NearbyFeature& area) {
  const Settings& settings = features_.settings();
  if (settings.min_area > 0) {
    Box box;
    for (const Line& ring : area.parts) {
      for (const Point p : ring) box.add(p);
    }
    const Point middle{(box.min_x + box.max_x) / 2, (box.min_y + box.max_y) / 2};
    if (ground_area(area.parts, work.view.scale_at(middle)) < settings.min_area) return;
  }
  filler_.cover(area.parts, work.view.extent(), spans_);
  if (settings.theme != MapTheme::buildings || settings.values != Values::classes) return;
  work.for_pixels(spans_, [&](size_t pixel, int32_t, int32_t) { work.owner[pixel] = work.number; });
  if (settings.boundary > 0) draw_boundary(work, area.parts);
  if (settings.contact > 0) draw_near(work, area.parts);
}

void Drawer::draw_boundary(Work& work, const std::vector<Line>& rings) {
  more_spans_.clear();
  for_segments(rings, true, [&](Point a, Point b) {
    cover_capsule(a, b, features_.settings().boundary, work.view.scale_at((a + b) * 0.5), work.view.extent(),
                  more_spans_);
  });
}

// Counts the building once at each pixel that is at most `contact` metres from it.
void Drawer::draw_near(Work& work, const std::vector<Line>& rings) {
  std::vector<Span> around = spans_;
  for_segments(rings, true, [&](Point a, Point b) {
    cover_capsule(a, b, features_.settings().contact, work.view.scale_at((a + b) * 0.5), work.view.extent(), around);
  });
  work.for_pixels(around, [&](size_t pixel, int32_t, int32_t) {
    if (work.last_near[pixel] == work.number) return;
    work.last_near[pixel] = work.number;
    work.near[pixel] = static_cast<uint8_t>(std::min(2, work.near[pixel] + 1));
  });
}

DrawnTile Drawer::draw(const TileFrame& frame) {
  const Settings& settings = features_.settings();
  const TileView view(frame, crs_[frame.crs], cache_);
  const auto pixels = static_cast<size_t>(frame.height * frame.width);
  DrawnTile tile;
  tile.mask.assign(pixels, 0);
  if (settings.distance > 0) tile.distance.assign(pixels, 0);
  Work work{view, tile, {}, {}, {}};
  const bool outlines = settings.theme == MapTheme::buildings && settings.values == Values::classes;
  if (outlines) work.owner.assign(pixels, 0);
  if (outlines && settings.contact > 0) work.last_near.assign(pixels, 0), work.near.assign(pixels, 0);

  const double margin = features_.margin(view);
  std::vector<NearbyFeature> nearby;
  for (const FeatureLayer& layer : features_.layers()) {
    std::vector<NearbyFeature> found = view.find(layer, margin);
    std::move(found.begin(), found.end(), std::back_inserter(nearby));
  }
  // Of classes that cross, the one of the lowest number is drawn last and seen.
  const auto number = [&](const NearbyFeature& f) { return settings.number_of(f.layer->kind(f.number)); };
  if (settings.values == Values::classes) {
    std::stable_sort(nearby.begin(), nearby.end(),
                     [&](const NearbyFeature& a, const NearbyFeature& b) { return number(a) > number(b); });
  }
  for (const NearbyFeature& feature : nearby) {
    ++work.number;
    work.value = static_cast<uint8_t>(number(feature));
    spans_.clear();
    more_spans_.clear();
    if (feature.layer->is_area(feature.number)) {
      draw_area(work, feature);
    } else {
      settings.style == Style::published ? draw_published(work, feature) : draw_road(work, feature);
      if (settings.distance > 0) draw_distance(work, feature);
    }
    if (spans_.empty()) continue;
    work.burn(spans_);
    if (outlines) {
      work.for_pixels(more_spans_, [&](size_t pixel, int32_t, int32_t) {
        if (work.owner[pixel] == work.number) tile.mask[pixel] = kBoundary;
      });
    }
    ++tile.features;
    ++tile.by_class[feature.layer->kind(feature.number)];
  }
  for (size_t pixel = 0; pixel < work.near.size(); ++pixel) {
    if (tile.mask[pixel] == 0 && work.near[pixel] > 1) tile.mask[pixel] = kContact;
  }
  return tile;
}

}  // namespace ppl::rasterize
