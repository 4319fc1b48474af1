#include <fmt/format.h>

#include "apps/score/masks/pair_reader.h"
#include "apps/score/page/pages.h"
#include "io/geometry/polygon.h"
#include "io/image/image.h"

namespace ppl::score {
namespace {

// Objects where `use` says so of (truth, prediction); outlines along pixels.
template <class Use>
PageDrawing draw(Outcome outcome, bool of_truth, const BitImage& truth, const BitImage& prediction, Use&& use) {
  BitImage image(truth.height(), truth.width());
  for (int64_t r = 0; r < truth.height(); ++r) {
    for (int64_t i = 1; i <= truth.words(); ++i) image.row(r)[i] = use(truth.row(r)[i], prediction.row(r)[i]);
  }
  return {outcome, of_truth, trace_polygons(image), {}};
}

void add_drawings(PageTile& tile, const MaskPair& pair, const IouOptions& options, const PairReader& reader) {
  MaskCensus census;
  const Image true_mask = reader.truth(pair, census), predicted = reader.prediction(pair, census);
  for (int label = 1; label <= options.classes; ++label) {
    const BitImage truth = where_equal(true_mask, label), prediction = where_equal(predicted, label);
    tile.height = truth.height();
    tile.width = truth.width();
    tile.drawings.push_back(
        draw(Outcome::found, true, truth, prediction, [](uint64_t t, uint64_t p) { return t & p; }));
    tile.drawings.push_back(
        draw(Outcome::missed, true, truth, prediction, [](uint64_t t, uint64_t p) { return t & ~p; }));
    tile.drawings.push_back(
        draw(Outcome::extra, false, truth, prediction, [](uint64_t t, uint64_t p) { return p & ~t; }));
  }
}

// The score has a column of its own.
bool is_column(const MaskFigure& f) { return f.group > 0 || f.key != "iou"; }

// A tile's figures are those of its classes together.
PageTile to_tile(const TileIou& from, const FigureList& list) {
  PageTile tile;
  tile.id = from.id;
  MaskCounts all;
  for (const MaskCounts& counts : from.counts) {
    tile.score += counts.pixels.iou() / static_cast<double>(from.counts.size());
    all.add(counts);
  }
  for (const MaskFigure& f : list.figures) {
    if (is_column(f)) tile.figures.push_back(f.of(all));
  }
  const Confusion& c = all.pixels;
  tile.figures.push_back(static_cast<double>(c.true_positive + c.false_negative));
  tile.figures.push_back(static_cast<double>(c.true_positive + c.false_positive));
  return tile;
}

}  // namespace

Page mask_page(const IouReport& report, const IouOptions& options, const PageOptions& page_options) {
  Page page;
  page.title = "Masks: intersection over union";
  page.score_name = "IoU";
  page.shown = page_options.shown;
  const auto titled = [&](size_t group, const std::string& label) {
    const std::string& title = report.list.groups[group].title;
    return title.empty() ? label : title + (label.empty() ? "" : ": " + label);
  };
  for (const MaskFigure& f : report.list.figures) {
    if (is_column(f)) page.columns.push_back(titled(f.group, f.label));
  }
  page.columns.insert(page.columns.end(), {"true px", "predicted px"});
  for (const Figure& f : averages(report)) {
    page.summary.emplace_back(titled(f.group, f.label), fmt::format("{:.4f}", f.value));
  }
  page.summary.emplace_back("tiles", std::to_string(report.tiles.size()));
  page.facts = facts_of(options.truth, options.prediction);
  if (options.threshold) {
    std::erase_if(page.facts, [](const auto& fact) { return fact.first == "threshold"; });
    page.facts.emplace_back("threshold", fmt::format("{:.4g}", *options.threshold));
  }
  if (options.classes > 1) page.facts.emplace_back("classes", std::to_string(options.classes));
  for (const std::string& id : report.only_truth) page.notes.push_back(id + ": no prediction");
  for (const std::string& id : report.only_prediction) page.notes.push_back(id + ": no truth");
  for (const TileIou& tile : report.tiles) page.tiles.push_back(to_tile(tile, report.list));
  if (!report.uncovered.empty()) page.notes.push_back(report.uncovered);
  const PairReader reader(options, {options.classes, options.foreground},
                          {options.classes, options.prediction_foreground}, options.threshold);
  const MaskPairs& masks = reader.matched();
  const bool of_folder = masks.scene != MaskPairs::Scene::truth;
  const ImageSearch search{page_options.images, of_folder ? options.truth : options.prediction};
  std::vector<std::string> placed;
  for (const size_t i : shown_tiles(page)) {
    add_drawings(page.tiles[i], masks.pairs[i], options, reader);
    PageTile& tile = page.tiles[i];
    tile.image = find_image(search, tile.id, page.notes, of_folder ? masks.pairs[i].truth : masks.pairs[i].prediction);
    placed.insert(placed.end(), {tile.image, masks.pairs[i].truth, masks.pairs[i].prediction});
    if (tile.image.empty() || !page_options.images.empty()) continue;
    // Nobody said that this image is the mask's.
    const ImageHeader header = read_image_header(tile.image);
    if (header.height != tile.height || header.width != tile.width) tile.image.clear();
  }
  if (const std::string pixel = pixel_size(placed); !pixel.empty()) page.facts.emplace_back("pixel", pixel);
  return page;
}

}  // namespace ppl::score
