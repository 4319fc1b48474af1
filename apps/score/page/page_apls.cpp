#include "apps/score/page/page_apls.h"

#include <fmt/format.h>

#include "apps/score/apls/check.h"

namespace ppl::score {
namespace {

constexpr size_t kRoutes = 5;  // shown for each image

// Without what the score leaves out.
std::vector<RoadLine> roads_of(const RoadSource& source, size_t image) {
  ImageRoads roads = source.read(image);
  set_bad_rows_aside(roads);
  return std::move(roads.lines);
}

std::vector<Line> lines_of(const std::vector<RoadLine>& roads) {
  std::vector<Line> lines;
  lines.reserve(roads.size());
  for (const RoadLine& road : roads) lines.push_back(road.points);
  return lines;
}

}  // namespace

Page apls_page(const RoadsReport& report, const RoadSource& truth, const RoadSource& prediction,
               const AplsParameters& parameters, const RoadPageOptions& options) {
  std::vector<RoadsOfImage> images;
  std::vector<const RoadImage*> scored;
  for (const RoadImage& image : report.images) {
    if (!image.scored() || !image.has_apls) continue;
    scored.push_back(&image);
    RoadsOfImage& roads = images.emplace_back();
    roads.id = image.id;
    roads.score = image.apls.score;
    roads.buffer = parameters.snap / image.scale.metres;
    roads.truth = lines_of(roads_of(truth, *image.truth));
    roads.prediction = lines_of(roads_of(prediction, *image.prediction));
  }
  Page page = road_page(images, options);
  // Routes are SpaceNet's.
  for (const size_t i : report.metric == RoadMetric::sat2graph ? std::vector<size_t>{} : shown_tiles(page)) {
    AplsParameters own = parameters;
    own.pixel = scored[i]->scale.metres;
    page.tiles[i].routes =
        costly_routes(roads_of(truth, *scored[i]->truth), roads_of(prediction, *scored[i]->prediction), own, kRoutes);
  }
  page.facts = facts_of(options.truth, options.prediction);
  page.facts.emplace_back("pixel", report.scale);
  page.summary.insert(page.summary.begin(), {"APLS, mean of cities", fmt::format("{:.4f}", report.overall)});
  for (const RoadImage& image : report.images) {
    if (!image.scored()) page.notes.push_back(image.id + (image.truth ? ": no prediction" : ": no truth"));
  }
  page.notes.insert(page.notes.end(), report.bad_rows.begin(), report.bad_rows.end());
  return page;
}

}  // namespace ppl::score
