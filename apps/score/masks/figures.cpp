#include "apps/score/masks/figures.h"

#include "apps/score/masks/edges.h"

namespace ppl::score {

const std::vector<const MaskMetric*>& mask_metrics() {
  static const std::vector<const MaskMetric*> all{&kRelaxedMetric, &kBoundaryMetric, &kCentreLineMetric};
  return all;
}

void MaskCounts::add(const MaskCounts& o) {
  pixels.add(o.pixels);
  chosen.resize(o.chosen.size());
  for (size_t m = 0; m < chosen.size(); ++m) {
    chosen[m].resize(o.chosen[m].size());
    for (size_t i = 0; i < chosen[m].size(); ++i) chosen[m][i] += o.chosen[m][i];
  }
}

FigureList list_figures(const std::vector<ChosenMetric>& chosen) {
  using Counts = const MaskCounts&;
  FigureList list{{{"", "", "", 0}},
                  {{0, "iou", "IoU", true, [](Counts c) { return c.pixels.iou(); }},
                   {0, "precision", "precision", false, [](Counts c) { return c.pixels.precision(); }},
                   {0, "recall", "recall", false, [](Counts c) { return c.pixels.recall(); }},
                   {0, "f1", "F1", false, [](Counts c) { return c.pixels.f1(); }}}};
  for (size_t m = 0; m < chosen.size(); ++m) {
    const MaskMetric& metric = *chosen[m].metric;
    list.groups.push_back({metric.key, metric.title(chosen[m].value), metric.parameter, chosen[m].value});
    for (const MaskMetric::Figure& f : metric.figures) {
      list.figures.push_back(
          {m + 1, f.key, f.label, f.also_mean_of_tiles, [m, of = f.of](Counts c) { return of(c.chosen[m]); }});
    }
  }
  return list;
}

std::vector<Figure> figures_of(const FigureList& list, const std::vector<const MaskCounts*>& tiles) {
  MaskCounts total;
  for (const MaskCounts* tile : tiles) total.add(*tile);
  std::vector<Figure> figures;
  for (const MaskFigure& f : list.figures) {
    const std::string label = f.label.empty() ? "" : " " + f.label;
    if (f.also_mean_of_tiles) {
      double sum = 0;
      for (const MaskCounts* tile : tiles) sum += f.of(*tile);
      figures.push_back({f.group, "mean_" + f.key, "mean" + label, sum / static_cast<double>(tiles.size())});
    }
    const bool is_global = f.also_mean_of_tiles;
    figures.push_back(
        {f.group, is_global ? "global_" + f.key : f.key, is_global ? "global" + label : f.label, f.of(total)});
  }
  return figures;
}

}  // namespace ppl::score
