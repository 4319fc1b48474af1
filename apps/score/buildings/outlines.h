// How well outlines of buildings fit, and average precision: what papers on building polygons report.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "apps/score/buildings/buildings.h"

namespace ppl::score {

inline constexpr size_t kIouSteps = 10;  // 0.5, 0.55, ... 0.95

struct OutlineRules {
  std::array<double, 2> sizes{1024, 9216};  // areas from which a building is medium, large (COCO's)
  double spacing = 2;                       // between the places where tangents are compared
};
// In pixels as above; in layers of square metres 100, 1000 and 0.5. Error for degrees and Mercator's metres, and for
// sizes that do not ascend.
OutlineRules outline_rules(const BuildingPairs&);

// Of one image whose buildings are matched.
struct OutlineScore {
  struct Ranked {
    double confidence;
    std::array<bool, kIouSteps> right;  // by COCO's matching, at each IoU
  };
  std::vector<Ranked> ranked;  // predictions, the surest first
  int64_t truths = 0;
  // Sums over matched pairs.
  int64_t pairs = 0, with_tangents = 0;
  double polis = 0, tangents = 0;
  std::array<BuildingCounts, 3> by_size{};
  double iou = 1;  // of all outlines together; 1 where there are none
  int64_t true_vertices = 0, predicted_vertices = 0;
};
OutlineScore score_outlines(const BuildingImage&, const OutlineRules&);

struct OutlineReport {
  std::optional<double> ap, ap50, ap75;  // none without a true building
  std::optional<double> polis;           // in units of coordinates; none without a match
  std::optional<double> tangent_error;   // degrees
  double iou = 0, c_iou = 0;             // means over images
  std::optional<double> vertex_ratio;    // of images with a true vertex
  int64_t pairs = 0;
  OutlineRules rules;
  std::array<BuildingCounts, 3> by_size{};
};
OutlineReport sum_outlines(const std::vector<OutlineScore>&, const OutlineRules&);

// Avbelj et al. 2015: the mean of how far each one's vertices are from the other's outline.
double polis(const std::vector<Polygon>&, const std::vector<Polygon>&);
// Girard et al. 2021: the largest angle, in degrees, between the outline and the one its places are brought to, over
// steps of `spacing` along it; steps that become more than twice as long or short there are left out. None where all
// are.
std::optional<double> tangent_error(const std::vector<Polygon>& prediction, const std::vector<Polygon>& truth,
                                    double spacing);
// COCO's 101 points of precision over recall. right: by confidence, the surest first.
double average_precision(const std::vector<bool>& right, int64_t truths);

std::string outlines_text(const OutlineReport&);
std::string outlines_json(const OutlineReport&);

}  // namespace ppl::score
