// Intersection over union of masks in two folders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/score/masks/figures.h"
#include "apps/score/masks/mask_folder.h"

namespace ppl::score {

struct IouOptions {
  std::string truth;       // folder
  std::string prediction;  // folder
  std::string truth_suffix = "_mask";
  std::string prediction_suffix = "_mask";
  int classes = 1;  // 1: foreground or not; above: index images of 0 .. classes, 255 in the truth is left out
  // Read predictions as 8-bit probabilities (255 is 1); foreground is strictly above. Only for one class.
  std::optional<double> threshold;
  std::optional<int> buffer;    // also count relaxed precision and recall, within so many pixels
  std::optional<int> boundary;  // also boundary IoU, of borders so many pixels wide; 0: 2 % of each tile's diagonal
};

struct TileIou {
  std::string id;
  std::vector<MaskCounts> counts;  // one a class
};

struct IouReport {
  std::vector<TileIou> tiles;  // sorted by id
  std::vector<std::string> only_truth;
  std::vector<std::string> only_prediction;
  FigureList list;  // what is made of the counts
};

// Error naming the file for masks that cannot be decoded, hold no such class, or differ in size.
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
