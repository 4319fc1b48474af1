#include "apps/rasterize/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "apps/common/log.h"
#include "io/places/projection.h"

namespace ppl::rasterize {
namespace {

void log_report(const SourceReport& r, double seconds) {
  std::string text = fmt::format("rasterize: {}: {} features in {:.1f} s", r.path, r.features, seconds);
  if (!r.date.empty()) text += ", as of " + r.date;
  if (r.missing_nodes > 0) text += fmt::format(", {} nodes missing ({} roads cut)", r.missing_nodes, r.cut_ways);
  if (r.incomplete_areas > 0) text += fmt::format(", {} areas incomplete", r.incomplete_areas);
  if (r.broken_areas > 0) text += fmt::format(", {} areas broken", r.broken_areas);
  apps::log_line(text);
}

// In hundredths of an input.
class ReadingProgress {
 public:
  explicit ReadingProgress(const std::string& path) : bar_("rasterize: reading " + path, 100) {}
  void show(double share) {
    const auto now = static_cast<int64_t>(100 * std::clamp(share, 0.0, 1.0));
    if (now <= shown_) return;
    bar_.advance(now - shown_);
    shown_ = now;
  }

 private:
  apps::Progress bar_;
  int64_t shown_ = 0;
};

// The box of all features in another coordinate system.
Box bounds_in(const std::string& crs, const Scene& scene) {
  constexpr int kSteps = 32;
  Box box;
  for (const FeatureLayer& layer : scene.layers()) {
    const Box from = layer.bounds();
    Line points;
    for (int i = 0; i <= kSteps && !from.empty(); ++i) {
      const double x = from.min_x + (from.max_x - from.min_x) * i / kSteps;
      const double y = from.min_y + (from.max_y - from.min_y) * i / kSteps;
      for (const Point p : {Point{x, from.min_y}, Point{x, from.max_y}, Point{from.min_x, y}, Point{from.max_x, y}}) {
        points.push_back(p);
      }
    }
    Projection(layer.crs(), crs).apply(points);
    for (const Point p : points) {
      if (std::isfinite(p.x) && std::isfinite(p.y)) box.add(p);
    }
  }
  return box;
}

}  // namespace

Scene read_scene(const Job& job, std::vector<SourceReport>& reports) {
  MapRequest request;
  request.theme = job.settings.theme;
  request.tunnels = job.settings.tunnels;
  request.wants_kind = [&](const std::string& kind) { return job.settings.wants(kind); };
  request.threads = job.threads;
  std::vector<FeatureLayer> layers;
  FeatureLayer osm("", FeatureLayer::Precision::degrees_e7);
  for (const std::string& path : job.inputs) {
    const auto start = std::chrono::steady_clock::now();
    ReadingProgress progress(path);
    request.progress = [&](double share) { progress.show(share); };
    reports.push_back(is_osm_file(path) ? read_osm(path, request, osm) : read_ogr(path, request, job.fields, layers));
    log_report(reports.back(), std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  if (osm.size() > 0) {
    osm.set_crs(crs_of_epsg(4326));  // only now, as PROJ takes as long to open its database as a city takes to read
    layers.push_back(std::move(osm));
  }
  Scene scene(std::move(layers), job.settings);
  const bool roads = job.settings.theme == MapTheme::roads;
  PPL_CHECK(scene.size() > 0, job.inputs.front(), job.inputs.size() > 1 ? " and the other inputs" : "",
            roads ? ": no road of a class that is drawn" : ": no buildings");
  return scene;
}

FramesAhead::FramesAhead(const TileChoice& choice) : choice_(choice) {
  by_scene_ = choice.images.empty() && choice.slippy.empty() && choice.table.empty() && choice.bounds.empty();
  frames_ = std::async(std::launch::async, [this] { return read(); });
}

TileFrames FramesAhead::read() const {
  TileFrames frames;
  if (by_scene_) {
    frames.crs = {crs_from_text(choice_.crs, "--crs")};
  } else if (!choice_.images.empty()) {
    frames = frames_of_images(choice_.images, choice_.crs);
  } else if (!choice_.slippy.empty()) {
    frames = frames_of_slippy(choice_.slippy, choice_.tms);
  } else if (!choice_.table.empty()) {
    frames = frames_of_table(choice_.table);
  } else {
    const auto& b = choice_.bounds;
    frames = frames_of_grid({choice_.crs, {b[0], b[1], b[2], b[3]}, choice_.pixel, choice_.size});
  }
  for (const std::string& crs : frames.crs) Projection(crs_of_epsg(4326), crs);  // the first of a pair takes long
  return frames;
}

TileFrames FramesAhead::get(const Scene& scene) {
  TileFrames frames = frames_.get();
  if (!by_scene_) return frames;
  // On whole pixels, so that grids of the same size and coordinate system fit together.
  const Box box = bounds_in(frames.crs[0], scene);
  const auto down = [&](double v) { return std::floor(v / choice_.pixel) * choice_.pixel; };
  const auto up = [&](double v) { return std::ceil(v / choice_.pixel) * choice_.pixel; };
  const Box bounds{down(box.min_x), down(box.min_y), up(box.max_x), up(box.max_y)};
  return frames_of_grid({frames.crs[0], bounds, choice_.pixel, choice_.size});
}

}  // namespace ppl::rasterize
