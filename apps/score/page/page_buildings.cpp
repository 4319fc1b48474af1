#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/score/page/pages.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"

namespace ppl::score {
namespace {

constexpr int64_t kPlainSide = 1000;  // of a drawing without an image

// From the buildings' coordinates to the drawing's pixels.
struct Placing {
  double x0 = 0, y0 = 0, xx = 1, xy = 0, yx = 0, yy = 1;
  Point operator()(Point p) const { return {x0 + p.x * xx + p.y * xy, y0 + p.x * yx + p.y * yy}; }
};

Box bounds_of(const BuildingImage& image) {
  Box all;
  for (const auto* side : {&image.truth, &image.prediction}) {
    for (const Building& b : *side) {
      for (const Polygon& polygon : b.polygons) {
        for (const Point p : polygon.outer) all.add(p);
      }
    }
  }
  return all.empty() ? Box{0, 0, 1, 1} : all;
}

// Earth to pixels of an image that says where it lies.
Placing into_image(const GeoReference& geo) {
  const auto& t = geo.transform;
  const double determinant = t[1] * t[5] - t[2] * t[4];
  Placing p{0, 0, t[5] / determinant, -t[2] / determinant, -t[4] / determinant, t[1] / determinant};
  p.x0 = -t[0] * p.xx - t[3] * p.xy;
  p.y0 = -t[0] * p.yx - t[3] * p.yy;
  return p;
}

// The whole extent in a square, north up.
Placing into_square(const Box& b) {
  const double scale = static_cast<double>(kPlainSide) / std::max({b.max_x - b.min_x, b.max_y - b.min_y, 1e-12});
  return {-b.min_x * scale, b.max_y * scale, scale, 0, 0, -scale};
}

Placing place(PageTile& tile, const BuildingImage& image, bool in_pixels) {
  const Box b = bounds_of(image);
  if (!tile.image.empty()) {
    const ImageHeader header = read_image_header(tile.image);
    tile.height = header.height;
    tile.width = header.width;
    if (in_pixels) return {};
    if (const auto geo = read_georeference(tile.image)) return into_image(*geo);
    tile.image.clear();
  }
  tile.height = in_pixels ? static_cast<int64_t>(std::clamp(std::ceil(b.max_y), 1.0, 1e6)) : kPlainSide;
  tile.width = in_pixels ? static_cast<int64_t>(std::clamp(std::ceil(b.max_x), 1.0, 1e6)) : kPlainSide;
  return in_pixels ? Placing{} : into_square(b);
}

void add_drawings(PageTile& tile, const BuildingImage& image, const Placing& placing) {
  PageDrawing found{Outcome::found, true, {}, {}}, missed{Outcome::missed, true, {}, {}};
  PageDrawing matched{Outcome::found, false, {}, {}}, wrong{Outcome::extra, false, {}, {}};
  const auto add = [&](const std::vector<Building>& buildings, PageDrawing& yes, PageDrawing& no) {
    for (const Building& b : buildings) {
      for (Polygon polygon : b.polygons) {
        for (Point& p : polygon.outer) p = placing(p);
        for (Line& hole : polygon.holes) {
          for (Point& p : hole) p = placing(p);
        }
        if (b.counted) (b.matched ? yes : no).polygons.push_back(std::move(polygon));
      }
    }
  };
  add(image.truth, found, missed);
  add(image.prediction, matched, wrong);
  tile.drawings = {found, missed, matched, wrong};
}

}  // namespace

Page building_page(const BuildingsReport& report, const BuildingPairs& pairs, const PageOptions& options) {
  Page page;
  page.title = "Buildings: SpaceNet F1";
  page.score_name = "F1";
  page.shown = options.shown;
  page.columns = {"precision", "recall", "TP", "FP", "FN"};
  const BuildingCounts& c = report.total;
  page.summary = {
      {"F1", fmt::format("{:.4f}", c.f1())},
      {"precision", fmt::format("{:.4f}", c.precision())},
      {"recall", fmt::format("{:.4f}", c.recall())},
      {"found / false / missed", fmt::format("{} / {} / {}", c.true_positive, c.false_positive, c.false_negative)}};
  for (size_t i = 0; i < std::min<size_t>(report.areas.size(), 12); ++i) {
    page.summary.emplace_back(report.areas[i].name, fmt::format("{:.4f}", report.areas[i].counts.f1()));
  }
  const BuildingsOptions& asked = pairs.options();
  page.facts = facts_of(asked.truth, asked.prediction);
  page.facts.emplace_back("IoU above", fmt::format("{:.4g}", asked.min_iou));
  page.facts.emplace_back("area from", fmt::format("{:.4g}", asked.min_area.value_or(pairs.in_pixels() ? 20 : 0)));
  page.notes = report.repaired;
  for (const std::string& id : report.only_truth) page.notes.push_back(id + ": no prediction");
  for (const std::string& id : report.only_prediction) page.notes.push_back(id + ": no truth");
  for (const BuildingScore& image : report.images) {
    PageTile& tile = page.tiles.emplace_back();
    const BuildingCounts& n = image.counts;
    tile.id = image.pair.id;
    tile.score = n.f1();
    tile.figures = {n.precision(), n.recall(), static_cast<double>(n.true_positive),
                    static_cast<double>(n.false_positive), static_cast<double>(n.false_negative)};
  }
  std::vector<std::string> placed;
  for (const size_t i : shown_tiles(page)) {
    PageTile& tile = page.tiles[i];
    tile.image = find_image({options.images, asked.truth}, tile.id, page.notes);
    placed.push_back(tile.image);
    const BuildingImage image = pairs.match(report.images[i].pair);
    add_drawings(tile, image, place(tile, image, pairs.in_pixels()));
  }
  if (const std::string pixel = pixel_size(placed); !pixel.empty()) page.facts.emplace_back("pixel", pixel);
  return page;
}

}  // namespace ppl::score
