// Intersection over union of masks in two folders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/score/masks/edges.h"
#include "apps/score/masks/mask_folder.h"
#include "io/image/mask_reader.h"
#include "models/metrics.h"

namespace ppl::score {

struct IouOptions {
  std::string truth;       // folder
  std::string prediction;  // folder
  std::string truth_suffix = "_mask";
  std::string prediction_suffix = "_mask";
  int classes = 1;  // 1: foreground or not; above: index images of 0 .. classes
  // Which values are foreground, where those of the truths or of the predictions do not say it.
  Foreground foreground{}, prediction_foreground{};
  // Read predictions as probabilities; foreground is strictly above. Only for one class.
  std::optional<double> threshold;
  std::optional<int> buffer;    // also count relaxed precision and recall, within so many pixels
  std::optional<int> boundary;  // also boundary IoU, of borders so many pixels wide; 0: 2 % of each tile's diagonal
};

struct TileIou {
  std::string id;
  std::vector<Confusion> counts;  // one a class
  // One a class where they were asked for, else empty.
  std::vector<RelaxedCounts> relaxed;
  std::vector<BoundaryCounts> boundary;
};

struct IouReport {
  std::vector<TileIou> tiles;  // sorted by id
  std::vector<std::string> only_truth;
  std::vector<std::string> only_prediction;
  std::optional<int> buffer, boundary;  // as in the options
  MaskCensus::Totals truths, predictions;
  int64_t without_prediction = 0;  // pixels left out since the prediction has no data, or ignores them
};

// What has no data or is ignored on either side counts for nothing. Error naming the file for masks that cannot be
// decoded, do not say what is foreground, hold no such class, or differ in size; and where the masks of a folder
// disagree.
IouReport score_iou(const IouOptions& options);

// One class's figures over all tiles, or (in `averages`) their mean over the classes.
struct IouFigures {
  double mean_iou;    // the mean over tiles of each tile's; 1 for a tile that is empty on both sides
  double global_iou;  // of the counts of all tiles together
  double precision;
  double recall;
  double f1;
};
IouFigures figures(const IouReport& report, size_t class_index);
IouFigures averages(const IouReport& report);

// The relaxed counts of all tiles of a class.
RelaxedCounts relaxed_total(const IouReport& report, size_t class_index);
struct BoundaryFigures {
  double mean_iou, global_iou;  // as in IouFigures
};
BoundaryFigures boundary_figures(const IouReport& report, size_t class_index);

std::string iou_table(const IouReport& report);
std::string iou_json(const IouReport& report);
// A line a tile and class: id,class,iou,precision,recall,f1,true_positive,false_positive,false_negative, and where they
// were asked for relaxed_precision,relaxed_recall,relaxed_f1 and boundary_iou.
std::string iou_csv(const IouReport& report);

}  // namespace ppl::score
