// Pages (page.h) of masks, buildings and roads.
#pragma once

#include <string>
#include <vector>

#include "apps/score/buildings/buildings.h"
#include "apps/score/masks/iou.h"
#include "apps/score/page/page.h"

namespace ppl::score {

struct PageOptions {
  std::string images;  // see ImageSearch; without an image a plain ground is drawn on
  int shown = 12;      // see Page
};

// The masks of the tiles that are drawn are read again.
Page mask_page(const IouReport&, const IouOptions&, const PageOptions&);
// The images of the tiles that are drawn are read and matched again.
Page building_page(const BuildingsReport&, const BuildingPairs&, const PageOptions&);

// One image's road graphs, in pixels.
struct RoadsOfImage {
  std::string id;
  std::vector<Line> truth, prediction;
  double score = 0;               // APLS, where it is known
  std::vector<PageRoute> routes;  // that cost most, first
  double buffer = 4 / 0.31;       // pixels; what lies nearer to the other road graph is found
};
struct RoadPageOptions : PageOptions {
  std::string score_name = "APLS";
  std::string truth, prediction;  // paths
  std::string buffer = "4 m";     // in words
};
Page road_page(const std::vector<RoadsOfImage>&, const RoadPageOptions&);

// The pieces of lines that lie within `buffer` of others, and the rest; cut about every pixel.
struct SplitLines {
  std::vector<Line> near, far;
};
SplitLines split_by_distance(const std::vector<Line>& lines, const std::vector<Line>& others, double buffer);
double total_length(const std::vector<Line>&);

}  // namespace ppl::score
