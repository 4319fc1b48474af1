// SpaceNet's F1 of building footprints.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/geometry/shape.h"
#include "models/metrics.h"

namespace ppl::score {

// Counts with SpaceNet's figures, which are 0 where there is nothing to find and nothing was found.
struct BuildingCounts : Confusion {
  double precision() const { return nothing() ? 0 : Confusion::precision(); }
  double recall() const { return nothing() ? 0 : Confusion::recall(); }
  double f1() const { return nothing() ? 0 : Confusion::f1(); }
};

struct BuildingsOptions {
  std::string truth, prediction;   // a table (PolygonWKT_Pix), a layer (see is_layer), or a folder of either
  bool pixels = false;             // coordinates of layers are pixels, whatever the layers say
  double min_iou = 0.5;            // a match needs more
  std::optional<double> min_area;  // truth below, predictions up to this are left out; 20 for tables (pixels), else 0
  // Images on one side only: count all their buildings as missed or false, as the reference does, or leave them out.
  bool skip_missing = false;
  bool keep_buildings = false;                 // BuildingScore::buildings
  bool outlines = false;                       // BuildingsReport::outlines
  std::optional<std::array<double, 2>> sizes;  // see OutlineRules; the units of coordinates
};

struct Building {
  std::string id;
  Shape shape;
  std::vector<Polygon> polygons;  // as read, for images of them
  double confidence = 1;
  bool counted = true;  // large enough
  double iou = 0;       // truth: the best of any prediction whose best it was; prediction: of its match, else 0
  bool matched = false;
  size_t partner = 0;  // of a matched prediction: the truth's number
};

struct BuildingImage {
  std::vector<Building> truth, prediction;  // in the order of the files
  BuildingCounts counts;
  std::vector<std::string> repaired;  // invalid polygons: "file:row: reason"
};

// Predictions of one image in order of confidence (then of the file), each matched to the free truth of greatest IoU
// (then of the file) if that is above min_iou.
void match_buildings(BuildingImage& image, double min_iou);

// A shape each, empty where the building does not count.
std::vector<Shape> counted_shapes(const std::vector<Building>&);
// Numbers in order of confidence, equal ones in their own.
std::vector<size_t> surest_first(const std::vector<Building>& predictions);

class BuildingSource;

// The images of truth and prediction. Tables stay in their files: an image is read when it is asked for.
class BuildingPairs {
 public:
  // Two single layers that name no image are one image. Layers in another coordinate system than the truth's are
  // brought into that. Error where a source cannot be read, one has pixels and the other not, or no image is in both.
  explicit BuildingPairs(const BuildingsOptions&);
  ~BuildingPairs();

  struct Pair {
    std::string id;
    std::optional<size_t> truth, prediction;  // numbers of the image within the sources
  };
  const std::vector<Pair>& pairs() const { return pairs_; }  // by id
  bool in_pixels() const;                                    // else coordinates of the earth
  const std::string& crs() const;                            // of the truth's layers; may be empty
  const BuildingsOptions& options() const { return options_; }

  // Reads and matches. From any thread. Error naming file and row for what cannot be read.
  BuildingImage match(const Pair&) const;

 private:
  void meet_in_one_system();

  BuildingsOptions options_;
  std::unique_ptr<BuildingSource> prediction_, truth_;
  std::vector<Pair> pairs_;
};

// What is kept of an image.
struct BuildingScore {
  BuildingPairs::Pair pair;
  BuildingCounts counts;
  int64_t small_truth = 0, small_prediction = 0;
  struct TrueBuilding {
    std::string id;
    double iou;
    bool matched;
  };
  std::vector<TrueBuilding> buildings;  // where they were wanted, in the order of the files
};

struct OutlineReport;  // outlines.h

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
  std::vector<std::string> only_truth, only_prediction;
  int64_t small_truth = 0, small_prediction = 0;  // buildings that are left out
  std::shared_ptr<const OutlineReport> outlines;  // where they were wanted
};

// Error naming file and row for what cannot be read (of several such rows always the same one), and where there is
// nothing to score: no image, or every building is too small.
BuildingsReport score_buildings(const BuildingPairs&);

std::string buildings_table(const BuildingsReport&);
std::string buildings_json(const BuildingsReport&);
// A line an image: id,true_positive,false_positive,false_negative,precision,recall,f1.
std::string buildings_csv(const BuildingsReport&);
// A line a true building, where these were kept: ImageId,BuildingId,iou,matched.
std::string buildings_iou_csv(const BuildingsReport&);

}  // namespace ppl::score
