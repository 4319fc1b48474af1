#include "apps/rasterize/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "apps/common/log.h"
#include "apps/rasterize/coverage.h"
#include "io/places/projection.h"

namespace ppl::rasterize {
namespace {

// "footway 12, path 3, ...", the most frequent first.
std::string largest(const std::map<std::string, int64_t>& counts) {
  constexpr size_t kNamed = 6;
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (size_t i = 0; i < std::min(kNamed, sorted.size()); ++i) {
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", sorted[i].first.substr(0, 40), sorted[i].second);
  }
  return text + (sorted.size() > kNamed ? ", ..." : "");
}

// Of a layer: what is not drawn, and why; empty where there is nothing.
std::string left_out(const SourceReport& r) {
  std::string text;
  const auto add = [&](int64_t count, const std::string& why) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, why);
  };
  add(r.shapeless, "without a line or polygon");
  int64_t others = 0;
  for (const auto& [kind, count] : r.other) others += count;
  add(r.classless, "of no class");
  add(r.hidden, "in tunnels or underground");
  add(others, "of classes that are not drawn (" + largest(r.other) + ")");
  return text;
}

void log_report(const SourceReport& r, double seconds) {
  std::string text = fmt::format("rasterize: {}: {} features in {:.1f} s", r.path, r.features, seconds);
  if (!r.date.empty()) text += ", as of " + r.date;
  if (r.missing_nodes > 0) text += fmt::format(", {} nodes missing ({} roads cut)", r.missing_nodes, r.cut_ways);
  if (r.incomplete_areas > 0) text += fmt::format(", {} areas incomplete", r.incomplete_areas);
  if (r.broken_areas > 0) text += fmt::format(", {} areas broken", r.broken_areas);
  if (r.nodeless_ways > 0) text += fmt::format(", {} without nodes", r.nodeless_ways);
  const std::string others = left_out(r);
  if (!others.empty()) text += "; left out: " + others;
  apps::log_line(text);
  for (const std::string& note : r.notes) apps::log_line(fmt::format("rasterize: {}: {}", r.path, note));
}

// Layers that do not say what their features are; a thousand of them are one line.
void log_classless(const std::vector<SourceReport>& reports) {
  const auto is_one = [](const SourceReport& r) { return !r.drawn_classless.empty() && r.features > 0; };
  const auto first = std::find_if(reports.begin(), reports.end(), is_one);
  if (first == reports.end()) return;
  const auto more = std::count_if(first + 1, reports.end(), is_one);
  apps::log_line(
      fmt::format("rasterize: warning: {}{}: no attribute says what the features are, so all are drawn "
                  "(attributes: {}; --kind-field names one)",
                  first->path, more > 0 ? fmt::format(" and {} more", more) : "", first->drawn_classless));
}

// Why nothing of the inputs is drawn; returns where that is no fault.
void check_anything(const Job& job, const std::vector<SourceReport>& reports) {
  const bool roads = job.settings.theme == MapTheme::roads;
  std::string what, others;
  bool only_empty_layers = true;
  for (const SourceReport& r : reports) {
    only_empty_layers &= !r.osm && r.seen == 0;
    if (others.empty() && !left_out(r).empty()) others = "; left out: " + left_out(r);
  }
  const SourceReport& first = reports.front();
  const std::string names = first.path + (reports.size() > 1 ? " and the other inputs" : "");
  const bool placed =
      !job.tiles.images.empty() || !job.tiles.slippy.empty() || !job.tiles.table.empty() || !job.tiles.bounds.empty();
  PPL_CHECK(placed, names, ": nothing in it is drawn, so the grid needs --bounds");
  if (only_empty_layers || job.allow_empty) {
    apps::log_line(fmt::format("rasterize: warning: {}: nothing in it is drawn; all masks are empty", names));
    return;
  }
  PPL_CHECK(!first.osm || first.seen > 0 || reports.size() > 1, names,
            ": holds no OSM objects; --allow-empty draws empty masks");
  throw Error(cat(names, roads ? ": no road of a class that is drawn" : ": no buildings", others,
                  "; --allow-empty draws empty masks"));
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

}  // namespace

FeatureSet read_features(const Job& job, std::vector<SourceReport>& reports) {
  MapRequest request;
  request.theme = job.settings.theme;
  request.tunnels = job.settings.tunnels;
  request.wants_kind = [&](const std::string& kind) { return job.settings.wants(kind); };
  request.needs_class = job.settings.needs_class();
  request.all_features = job.all_features;
  request.threads = job.threads;
  std::vector<FeatureLayer> layers;
  FeatureLayer osm("", FeatureLayer::Precision::degrees_e7);
  for (const std::string& path : job.inputs) {
    const auto start = std::chrono::steady_clock::now();
    ReadingProgress progress(path);
    request.progress = [&](double share) { progress.show(share); };
    const MapFile file = look_at_map(path);
    reports.push_back(file.osm() ? read_osm(path, file, request, osm)
                                 : read_ogr(path, file, request, job.fields, layers));
    log_report(reports.back(), std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  if (osm.size() > 0) {
    osm.set_crs(crs_of_epsg(4326));  // only now, as PROJ takes as long to open its database as a city takes to read
    layers.push_back(std::move(osm));
  }
  log_classless(reports);
  FeatureSet features(std::move(layers), job.settings);
  if (features.size() == 0) check_anything(job, reports);
  return features;
}

FramesAhead::FramesAhead(const TileChoice& choice) : choice_(choice) {
  by_features_ = choice.images.empty() && choice.slippy.empty() && choice.table.empty() && choice.bounds.empty();
  frames_ = std::async(std::launch::async, [this] { return read(); });
}

TileFrames FramesAhead::read() const {
  TileFrames frames;
  if (by_features_) {
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

TileFrames FramesAhead::get(const FeatureSet& features) {
  TileFrames frames = frames_.get();
  if (!by_features_) return frames;
  // On whole pixels, so that grids of the same size and coordinate system fit together.
  const Box box = bounds_in(frames.crs[0], features);
  const auto down = [&](double v) { return std::floor(v / choice_.pixel) * choice_.pixel; };
  const auto up = [&](double v) { return std::ceil(v / choice_.pixel) * choice_.pixel; };
  const Box bounds{down(box.min_x), down(box.min_y), up(box.max_x), up(box.max_y)};
  return frames_of_grid({frames.crs[0], bounds, choice_.pixel, choice_.size});
}

}  // namespace ppl::rasterize
