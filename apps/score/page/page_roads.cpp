#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/score/page/pages.h"
#include "io/geometry/point_grid.h"
#include "io/image/image.h"
#include "models/metrics.h"

namespace ppl::score {
namespace {

constexpr double kStep = 1;          // pixels between the places that are looked at
constexpr double kMostPoints = 4e6;  // of one road graph; longer ones are looked at less closely

// The line with further points, so that no two are more than `step` apart.
Line with_steps(const Line& line, double step) {
  Line result;
  for (size_t i = 0; i < line.size(); ++i) {
    const int pieces = i == 0 ? 1 : std::max(1, static_cast<int>(std::ceil(distance(line[i - 1], line[i]) / step)));
    for (int k = 1; k <= pieces; ++k) {
      const double share = static_cast<double>(k) / pieces;
      result.push_back(i == 0 || k == pieces ? line[i] : line[i - 1] + (line[i] - line[i - 1]) * share);
    }
  }
  return result;
}

void add_size(PageTile& tile, const RoadsOfImage& image) {
  if (!tile.image.empty()) {
    const ImageHeader header = read_image_header(tile.image);
    tile.height = header.height;
    tile.width = header.width;
    return;
  }
  double x = 1, y = 1;
  for (const auto* lines : {&image.truth, &image.prediction}) {
    for (const Line& line : *lines) {
      for (const Point p : line) x = std::max(x, p.x), y = std::max(y, p.y);
    }
  }
  tile.width = static_cast<int64_t>(std::ceil(std::min(x, 1e6)));
  tile.height = static_cast<int64_t>(std::ceil(std::min(y, 1e6)));
}

}  // namespace

double total_length(const std::vector<Line>& lines) {
  double sum = 0;
  for (const Line& line : lines) sum += line_length(line);
  return sum;
}

SplitLines split_by_distance(const std::vector<Line>& lines, const std::vector<Line>& others, double buffer) {
  const double step = std::max(kStep, std::max(total_length(lines), total_length(others)) / kMostPoints);
  PointGrid grid(std::max(buffer, step));
  for (const Line& other : others) {
    for (const Point p : with_steps(other, step)) grid.add(p, 0);
  }
  const auto is_near = [&](Point p) {
    bool found = false;
    grid.visit(p, buffer, [&](Point, int64_t) { found = true; });
    return found;
  };
  SplitLines result;
  for (const Line& line : lines) {
    const Line points = with_steps(line, step);
    for (size_t i = 1; i < points.size(); ++i) {
      std::vector<Line>& to = is_near((points[i - 1] + points[i]) * 0.5) ? result.near : result.far;
      if (!to.empty() && i > 1 && to.back().back() == points[i - 1]) {
        // Straight on, the piece just becomes longer.
        Line& piece = to.back();
        const size_t n = piece.size();
        const bool straight =
            n > 1 && std::abs(cross(piece[n - 1] - piece[n - 2], points[i] - piece[n - 1])) < 1e-9 * (1 + step);
        if (straight) {
          piece.back() = points[i];
        } else {
          piece.push_back(points[i]);
        }
      } else {
        to.push_back({points[i - 1], points[i]});
      }
    }
  }
  return result;
}

Page road_page(const std::vector<RoadsOfImage>& images, const RoadPageOptions& options) {
  Page page;
  page.title = "Roads: " + options.score_name;
  page.score_name = options.score_name;
  page.shown = options.shown;
  page.columns = {"length found", "length right", "true px", "predicted px"};
  double sum = 0;
  std::vector<SplitLines> truths, predictions;
  for (const RoadsOfImage& image : images) {
    truths.push_back(split_by_distance(image.truth, image.prediction, image.buffer));
    predictions.push_back(split_by_distance(image.prediction, image.truth, image.buffer));
    PageTile& tile = page.tiles.emplace_back();
    tile.id = image.id;
    tile.score = image.score;
    tile.routes = image.routes;
    const double truth = total_length(image.truth), prediction = total_length(image.prediction);
    const bool nothing = truth + prediction == 0;
    tile.figures = {rate(total_length(truths.back().near), truth, nothing),
                    rate(total_length(predictions.back().near), prediction, nothing), truth, prediction};
    sum += image.score;
  }
  const double mean = images.empty() ? 0 : sum / static_cast<double>(images.size());
  page.summary = {{"mean " + options.score_name, fmt::format("{:.4f}", mean)},
                  {"images", std::to_string(images.size())},
                  {"found within", options.buffer}};
  for (const size_t i : shown_tiles(page)) {
    PageTile& tile = page.tiles[i];
    tile.image = find_image({options.images, options.truth}, tile.id, page.notes);
    add_size(tile, images[i]);
    tile.drawings = {{Outcome::found, true, {}, truths[i].near},
                     {Outcome::missed, true, {}, truths[i].far},
                     {Outcome::found, false, {}, predictions[i].near},
                     {Outcome::extra, false, {}, predictions[i].far}};
  }
  return page;
}

}  // namespace ppl::score
