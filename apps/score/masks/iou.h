// Intersection over union of masks in two folders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/score/masks/figures.h"
#include "apps/score/masks/mask_folder.h"
#include "io/image/mask_reader.h"

namespace ppl::score {

struct IouOptions : MaskSources {
  int classes = 1;  // 1: foreground or not; above: index images of 0 .. classes
  // Which values are foreground, where those of the truths or of the predictions do not say it.
  Foreground foreground{}, prediction_foreground{};
  // Read predictions as probabilities; foreground is strictly above. Only for one class.
  std::optional<double> threshold;
  std::vector<ChosenMetric> metrics;  // those that are counted besides
  bool skip_missing = false;          // of find_threshold: what is on one side only is left out
};

struct TileIou {
  std::string id;
  std::vector<MaskCounts> counts;  // one a class
};

struct IouReport {
  std::vector<TileIou> tiles;  // sorted by id
  std::vector<std::string> only_truth;
  std::vector<std::string> only_prediction;
  std::string uncovered;  // see MaskPairs
  double off_grid = 0;
  FigureList list;  // what is made of the counts
  MaskCensus::Totals truths, predictions;
  int64_t without_prediction = 0;  // pixels left out since the prediction has no data, or ignores them
};

// What has no data or is ignored on either side counts for nothing. Error naming the file for masks that cannot be
// decoded, do not say what is foreground, hold no such class, or differ in size or place; and where the masks of a
// folder disagree.
IouReport score_iou(const IouOptions& options);

// One class's figures over all tiles, or (in `averages`) their mean over the classes. A tile that is empty on both
// sides has an IoU of 1.
std::vector<Figure> figures(const IouReport& report, size_t class_index);
std::vector<Figure> averages(const IouReport& report);
// Of one of these by its key, such as "mean_iou"; those of every run only.
double figure(const std::vector<Figure>&, const std::string& key);

std::string iou_table(const IouReport& report);
std::string iou_json(const IouReport& report);
// A line a tile and class: id,class, the figures of every run, true_positive,false_positive,false_negative, and further
// figures that were asked for (relaxed_precision, boundary_iou).
std::string iou_csv(const IouReport& report);

}  // namespace ppl::score
