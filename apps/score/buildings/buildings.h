// SpaceNet's F1 of building footprints.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/geometry/shape.h"

namespace ppl::score {

struct BuildingsOptions {
  std::string truth, proposal;     // a table (PolygonWKT_Pix), GeoJSON or GeoPackage, or a folder of such files
  double min_iou = 0.5;            // a match needs more
  std::optional<double> min_area;  // truth below, proposals up to this are left out; 20 for tables (pixels), else 0
  // Images on one side only: count all their buildings as missed or false, as the reference does, or leave them out.
  bool skip_missing = false;
  bool keep_buildings = false;  // BuildingScore::buildings
};

struct Building {
  std::string id;
  Shape shape;
  std::vector<Polygon> polygons;  // as read, for images of them
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
  std::vector<Building> truth, proposal;  // in the order of the files
  BuildingCounts counts;
  std::vector<std::string> repaired;  // invalid polygons: "file:row: reason"
};

// Proposals of one image in order of confidence (then of the file), each matched to the free truth of greatest IoU
// (then of the file) if that is above min_iou.
void match_buildings(BuildingImage& image, double min_iou);

class BuildingSource;

// The images of truth and proposal. Tables stay in their files: an image is read when it is asked for.
class BuildingPairs {
 public:
  // Error where a source cannot be read, or one has pixels or another coordinate system than the other.
  explicit BuildingPairs(const BuildingsOptions&);
  ~BuildingPairs();

  struct Pair {
    std::string id;
    std::optional<size_t> truth, proposal;  // numbers of the image within the sources
  };
  const std::vector<Pair>& pairs() const { return pairs_; }  // by id
  bool in_pixels() const;                                    // else coordinates of the earth
  const BuildingsOptions& options() const { return options_; }

  // Reads and matches. From any thread. Error naming file and row for what cannot be read.
  BuildingImage match(const Pair&) const;

 private:
  BuildingsOptions options_;
  std::unique_ptr<BuildingSource> proposal_, truth_;
  std::vector<Pair> pairs_;
};

// What is kept of an image.
struct BuildingScore {
  BuildingPairs::Pair pair;
  BuildingCounts counts;
  struct TrueBuilding {
    std::string id;
    double iou;
    bool matched;
  };
  std::vector<TrueBuilding> buildings;  // where they were wanted, in the order of the files
};

struct BuildingsReport {
  struct Area {
    std::string name;  // the image's id up to its last underscore; "-" without one
    int64_t images = 0;
    BuildingCounts counts;
  };
  std::vector<BuildingScore> images;  // by id
  std::vector<Area> areas;            // by name
  BuildingCounts total;
  std::vector<std::string> repaired;  // see BuildingImage
  std::vector<std::string> only_truth, only_proposal;
};

// Error naming file and row for what cannot be read (of several such rows always the same one), and where there is
// nothing to score.
BuildingsReport score_buildings(const BuildingPairs&);

std::string buildings_table(const BuildingsReport&);
std::string buildings_json(const BuildingsReport&);
// A line an image: id,true_positive,false_positive,false_negative,precision,recall,f1.
std::string buildings_csv(const BuildingsReport&);
// A line a true building, where these were kept: ImageId,BuildingId,iou,matched.
std::string buildings_iou_csv(const BuildingsReport&);

}  // namespace ppl::score
