#include "apps/score/masks/figures.h"

#include <fmt/format.h>

namespace ppl::score {

void MaskCounts::add(const MaskCounts& o) {
  pixels.add(o.pixels);
  relaxed.add(o.relaxed);
  boundary.add(o.boundary);
  centre.add(o.centre);
}

FigureList list_figures(const int* buffer, const int* boundary, bool centre_lines) {
  using Counts = const MaskCounts&;
  FigureList list{{{"", "", "", 0}},
                  {{0, "iou", "IoU", true, [](Counts c) { return c.pixels.iou(); }},
                   {0, "precision", "precision", false, [](Counts c) { return c.pixels.precision(); }},
                   {0, "recall", "recall", false, [](Counts c) { return c.pixels.recall(); }},
                   {0, "f1", "F1", false, [](Counts c) { return c.pixels.f1(); }}}};
  if (buffer) {
    const size_t group = list.groups.size();
    list.groups.push_back({"relaxed", fmt::format("within {} px", *buffer), "buffer", *buffer});
    list.figures.push_back({group, "precision", "precision", false, [](Counts c) { return c.relaxed.precision(); }});
    list.figures.push_back({group, "recall", "recall", false, [](Counts c) { return c.relaxed.recall(); }});
    list.figures.push_back({group, "f1", "F1", false, [](Counts c) { return c.relaxed.f1(); }});
  }
  if (boundary) {
    const std::string width = *boundary > 0 ? fmt::format("{} px", *boundary) : "2 % of the diagonal";
    list.groups.push_back({"boundary", fmt::format("boundary IoU ({})", width), "distance", *boundary});
    list.figures.push_back({list.groups.size() - 1, "iou", "", true, [](Counts c) { return c.boundary.iou(); }});
  }
  if (centre_lines) {
    const size_t group = list.groups.size();
    list.groups.push_back({"centre_lines", "centre lines", "", 0});
    list.figures.push_back({group, "precision", "precision", false, [](Counts c) { return c.centre.precision(); }});
    list.figures.push_back({group, "recall", "recall", false, [](Counts c) { return c.centre.recall(); }});
    list.figures.push_back({group, "cldice", "clDice", true, [](Counts c) { return c.centre.f1(); }});
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
