#include "apps/score/page/page_apls.h"

#include <fmt/format.h>

#include <map>

#include "apps/score/apls/check.h"

namespace ppl::score {
namespace {

constexpr size_t kRoutes = 5;  // shown for each image

std::map<std::string, size_t, std::less<>> images_of(const RoadSource& source) {
  std::map<std::string, size_t, std::less<>> numbers;
  for (size_t i = 0; i < source.size(); ++i) numbers.emplace(source.id(i), i);
  return numbers;
}

// Without what the score leaves out.
std::vector<RoadLine> roads_of(const RoadSource& source, const std::map<std::string, size_t, std::less<>>& numbers,
                               const std::string& id) {
  const auto image = numbers.find(id);
  if (image == numbers.end()) return {};
  ImageRoads roads = source.read(image->second);
  set_bad_rows_aside(roads);
  return std::move(roads.lines);
}

std::vector<Line> lines_of(const std::vector<RoadLine>& roads) {
  std::vector<Line> lines;
  for (const RoadLine& road : roads) lines.push_back(road.points);
  return lines;
}

}  // namespace

Page apls_page(const RoadsReport& report, const RoadSource& truth, const RoadSource& proposal,
               const AplsParameters& parameters, const RoadPageOptions& options) {
  const auto truths = images_of(truth), proposals = images_of(proposal);
  std::vector<RoadsOfImage> images;
  for (const RoadImage& image : report.images) {
    if (!image.scored()) continue;
    RoadsOfImage& roads = images.emplace_back();
    roads.id = image.id;
    roads.score = image.apls.score;
    roads.truth = lines_of(roads_of(truth, truths, image.id));
    roads.proposal = lines_of(roads_of(proposal, proposals, image.id));
  }
  Page page = road_page(images, options);
  for (const size_t i : shown_tiles(page)) {
    const std::string& id = images[i].id;
    page.tiles[i].routes =
        costly_routes(roads_of(truth, truths, id), roads_of(proposal, proposals, id), parameters, kRoutes);
  }
  page.summary.insert(page.summary.begin(), {"APLS, mean of cities", fmt::format("{:.4f}", report.overall)});
  for (const RoadImage& image : report.images) {
    if (!image.scored()) page.notes.push_back(image.id + (image.in_truth ? ": no proposal" : ": no truth"));
  }
  page.notes.insert(page.notes.end(), report.bad_rows.begin(), report.bad_rows.end());
  return page;
}

}  // namespace ppl::score
