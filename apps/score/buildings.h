// SpaceNet's F1 of building footprints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/vector/shape.h"

namespace ppl::score {

struct BuildingsOptions {
  std::string truth, proposal;     // a table (PolygonWKT_Pix), GeoJSON or GeoPackage, or a folder of such files
  double min_iou = 0.5;            // a match needs more
  std::optional<double> min_area;  // truth below, proposals up to this are left out; 20 for tables (pixels), else 0
  // Images on one side only: count all their buildings as missed or false, as the reference does, or leave them out.
  bool skip_missing = false;
};

struct Building {
  std::string id;
  Shape shape;
  std::vector<Polygon> polygons;  // as read, for pictures of them
  double confidence = 1;
  bool counted = true;  // large enough
  double iou = 0;       // truth: the best of any proposal whose best it was; proposal: of its match, else 0
  bool matched = false;
};

struct BuildingCounts {
  int64_t true_positive = 0, false_positive = 0, false_negative = 0;
  void add(const BuildingCounts&);
  // 0 where the denominator is 0, as the reference has it.
  double precision() const;
  double recall() const;
  double f1() const;
};

struct BuildingImage {
  std::string id;
  bool in_truth = false, in_proposal = false;
  std::vector<Building> truth, proposal;  // in the order of the files
  BuildingCounts counts;
};

struct BuildingsReport {
  struct Area {
    std::string name;  // the image's id up to its last underscore; "-" without one
    int64_t images = 0;
    BuildingCounts counts;
  };
  std::vector<BuildingImage> images;  // by id
  std::vector<Area> areas;            // by name
  BuildingCounts total;
  std::vector<std::string> repaired;  // invalid polygons: "file:row: reason"
  std::vector<std::string> only_truth, only_proposal;
  bool in_pixels = true;  // else coordinates of the earth
};

// Error naming file and row for what cannot be read, and where there is nothing to score.
BuildingsReport score_buildings(const BuildingsOptions&);

// Proposals of one image in order of confidence (then of the file), each matched to the free truth of greatest IoU
// (then of the file) if that is above min_iou.
void match_buildings(BuildingImage& image, double min_iou);

std::string buildings_table(const BuildingsReport&);
std::string buildings_json(const BuildingsReport&);
// A line an image: id,true_positive,false_positive,false_negative,precision,recall,f1.
std::string buildings_csv(const BuildingsReport&);
// A line a true building: ImageId,BuildingId,iou,matched.
std::string buildings_iou_csv(const BuildingsReport&);

}  // namespace ppl::score
