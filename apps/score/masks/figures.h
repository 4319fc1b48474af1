// What is counted of masks, and the figures made of the counts. A new figure of pixel counts is one entry in
// figures.cpp, a metric that counts something else is a MaskMetric.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/score/masks/metric.h"
#include "models/metrics.h"

namespace ppl::score {

// Of one class: of a tile, or of many.
struct MaskCounts {
  Confusion pixels;
  std::vector<MetricCounts> chosen;  // of the metrics that were asked for
  void add(const MaskCounts&);
};

// Figures that stand together: those of every run first, then those that options ask for.
struct FigureGroup {
  std::string key;    // in JSON and before the keys of CSV columns; empty for the first
  std::string title;  // "within 3 px"
  std::string parameter;
  int value = 0;  // of the parameter, in JSON
};

struct MaskFigure {
  size_t group;             // its number
  std::string key, label;   // "f1", "F1"
  bool also_mean_of_tiles;  // "mean IoU" beside "global IoU", that of all pixels together
  std::function<double(const MaskCounts&)> of;
};

struct FigureList {
  std::vector<FigureGroup> groups;
  std::vector<MaskFigure> figures;
};
// In the order in which they are shown.
FigureList list_figures(const std::vector<ChosenMetric>&);

// A figure of many tiles.
struct Figure {
  size_t group;
  std::string key, label;  // "mean_iou", "mean IoU"
  double value;
};
// tiles: the counts of one class, a tile each.
std::vector<Figure> figures_of(const FigureList&, const std::vector<const MaskCounts*>& tiles);

}  // namespace ppl::score
