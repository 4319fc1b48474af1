// APLS of every image of two sources of roads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/score/apls/apls.h"
#include "apps/score/roads/topo.h"
#include "io/tables/roads.h"

namespace ppl::score {

// What becomes of an image that is on one side only: it is left out (as the reference does), or scores 0.
enum class Missing { skip, zero };
// The first three parts of an image's id (AOI_2_Vegas_img1), or one city of all images.
enum class Cities { from_ids, kOne };

enum class RoadMetric { spacenet, cosmiq };  // whose APLS

struct RoadsOptions {
  RoadMetric metric = RoadMetric::spacenet;
  AplsParameters apls;
  std::optional<TopoParameters> topo;  // where it is wanted too
  AplsMethod method = AplsMethod::quick;
  Missing missing = Missing::skip;
  Cities cities = Cities::from_ids;
  bool lenient = false;  // bad rows are left out and counted
  int threads = 1;
};

struct RoadImage {
  std::string id;
  bool in_truth = false, in_proposal = false;
  bool scored() const { return in_truth && in_proposal; }
  ImageApls apls;
  TopoCounts topo;
};

struct RoadCity {
  std::string name;
  double score = 0;    // mean over its images; 0 where none counts
  int64_t images = 0;  // that count
};

struct RoadsReport {
  std::vector<RoadImage> images;      // ascending by id
  std::vector<RoadCity> cities;       // by name
  double overall = 0;                 // the mean of the cities' scores
  double image_mean = 0;              // of all images that count
  double road_weighted = 0;           // the same, each image weighted by its metres of true road
  double by_length = 0;               // the mean of the images' scores by length
  std::optional<TopoCounts> topo;     // of all images, where it was wanted
  std::vector<std::string> bad_rows;  // with --lenient: "file:row: reason", the proposal's first
};

// Error naming the first bad row (the proposal's before the truth's) unless options.lenient; Error where an id names no
// city.
RoadsReport score_roads(const RoadSource& truth, const RoadSource& proposal, const RoadsOptions& options);

std::string roads_table(const RoadsReport& report);
std::string roads_json(const RoadsReport& report);
// A line an image.
std::string roads_csv(const RoadsReport& report);

}  // namespace ppl::score
