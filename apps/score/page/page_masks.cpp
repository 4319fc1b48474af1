#include <fmt/format.h>

#include "apps/score/page/pages.h"
#include "io/vectorize/raster.h"

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

void add_drawings(PageTile& tile, const MaskPair& pair, const IouOptions& options) {
  for (int label = 1; label <= options.classes; ++label) {
    const BitImage truth = read_foreground(pair.truth, {{}, options.classes, label, options.foreground});
    const BitImage prediction =
        read_foreground(pair.prediction, {options.threshold, options.classes, label, options.prediction_foreground});
    tile.height = truth.height();
    tile.width = truth.width();
    tile.drawings.push_back(
        draw(Outcome::matched, true, truth, prediction, [](uint64_t t, uint64_t p) { return t & p; }));
    tile.drawings.push_back(
        draw(Outcome::missed, true, truth, prediction, [](uint64_t t, uint64_t p) { return t & ~p; }));
    tile.drawings.push_back(
        draw(Outcome::extra, false, truth, prediction, [](uint64_t t, uint64_t p) { return p & ~t; }));
  }
}

PageTile to_tile(const TileIou& from) {
  PageTile tile;
  tile.id = from.id;
  Confusion all;
  for (const Confusion& counts : from.counts) {
    tile.score += counts.iou() / static_cast<double>(from.counts.size());
    all.add(counts);
  }
  tile.figures = {all.precision(), all.recall(), all.f1(), static_cast<double>(all.true_positive + all.false_negative),
                  static_cast<double>(all.true_positive + all.false_positive)};
  return tile;
}

}  // namespace

Page mask_page(const IouReport& report, const IouOptions& options, const PageOptions& page_options) {
  Page page;
  page.title = "Masks: intersection over union";
  page.score_name = "IoU";
  page.shown = page_options.shown;
  page.columns = {"precision", "recall", "F1", "true px", "predicted px"};
  const IouFigures f = averages(report);
  for (const auto& [name, value] : {std::pair{"mean IoU", f.mean_iou},
                                    {"global IoU", f.global_iou},
                                    {"precision", f.precision},
                                    {"recall", f.recall},
                                    {"F1", f.f1}}) {
    page.summary.emplace_back(name, fmt::format("{:.4f}", value));
  }
  page.summary.emplace_back("tiles", std::to_string(report.tiles.size()));
  for (const std::string& id : report.only_truth) page.notes.push_back(id + ": no prediction");
  for (const std::string& id : report.only_prediction) page.notes.push_back(id + ": no truth");
  for (const TileIou& tile : report.tiles) page.tiles.push_back(to_tile(tile));
  const MaskPairs masks =
      match_masks(options.truth, options.truth_suffix, options.prediction, options.prediction_suffix);
  for (const size_t i : shown_tiles(page)) {
    add_drawings(page.tiles[i], masks.pairs[i], options);
    page.tiles[i].image = find_image(page_options.images, page.tiles[i].id);
  }
  return page;
}

}  // namespace ppl::score
